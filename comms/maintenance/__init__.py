"""Planned maintenance: what plans one is asked for, and how programs do it. Its verbs are in
`comms.actions.maintaining`."""
