"""How the tutor answers: one turn of conversation is one stream of events, which every channel renders.

A question makes seven stops: ``channels.chat`` (validate) → ``tutor.Tutor.answer`` (the flow) → ``dialogue.resolve``
(what is meant) → ``Retriever.search`` → ``reply.compose`` (what to show) → ``verify.Verifier`` (the stored verdict
where its key matches, else a run in the sandbox) → events.

Errors that the service raises on purpose derive from ``corpus.errors.TutorError``; ``app.py`` maps each to a status.
"""
