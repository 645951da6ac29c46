"""Webhooks: events posted to an address of the configuration as they happen, signed, in their order, each until it was taken.

Nothing is copied for them: how far a hook has come is an event's id, and the record is the queue.
"""
