"""Slack: one reply to each message, in its thread, with code that runs. ``docs/slack.md`` tells how to install it.

=============  ====================================================================================================
``channel``    all of it put together; ``socket`` and ``cli`` run it without a server, ``check`` tells what is missing
``app``        slack-bolt and its two ways in: ``/slack/events`` and Socket Mode
``incoming``   what Slack sends, as data
``inbox``      what is for the tutor; claims it before Slack hears that it has arrived
``desk``       works claims off, a few at a time; looks after those whose holder died
``answering``  from a message through a turn to what stands in the thread
``buttons``    what the buttons do; ``running`` runs code, ``panel`` is the agent's own view
``posting``    a streamed or edited message; ``whisper`` one that only one person sees
``calls``      the Web API: limits, failures; ``reading`` what stands in a thread already
``blocks``     a reply as Block Kit; ``text`` escapes and splits
=============  ====================================================================================================
"""
