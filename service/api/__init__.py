"""What is sent to the service and what comes back, as data: the channels fill it, the client reads it.

The events of a turn, and the :class:`~service.events.Reply` that they add up to, are in ``service.events``. Everything
here is part of the stable API: CONTRIBUTING says what may change. Imports neither the index nor the database.
"""
