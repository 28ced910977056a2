from django.dispatch import Signal

recorded = Signal()
"""Sent inside the transaction that wrote timeline entries, with `lines`: pairs of an entry and the users to tell of it
by mail (a list), in their order.

Receivers may only insert rows and nudge tasks: whatever they raise undoes the action itself.
"""
