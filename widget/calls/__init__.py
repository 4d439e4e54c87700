"""The pure state machines: no loop, no Django, no clock, no randomness.

``transition(snapshot, event, now) -> (snapshot, commands)``: whoever owns a call feeds it what happened and carries
out what comes back. Nothing in here waits, reads a clock or knows how a command is carried out.
"""
