"""The switchboard owns every live call.

It joins the rooms: ``calls`` decides, ``sip`` and ``media`` talk, the journal remembers, consumers only pass on what
agents ask for. ``exchange`` is the whole board, ``desk`` one agent's place at it, ``live_call`` one call, ``journal``
all its database work.
"""
