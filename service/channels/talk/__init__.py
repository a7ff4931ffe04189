"""``torchtutor chat``: a conversation in a terminal.

``command`` is the command, ``talk`` the loop from one line to the next, ``orders`` what begins with ``/``, ``prompt``
the one file that knows prompt-toolkit, ``editing`` the editor.
"""
