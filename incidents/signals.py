from django.dispatch import Signal

recorded = Signal()
"""Sent inside the transaction that wrote a timeline entry, with `entry` and `notify` (users to tell by mail, a list).

Receivers may only insert rows and nudge tasks: whatever they raise undoes the action itself.
"""
