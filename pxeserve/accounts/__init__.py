"""Who comes in: passwords, sessions, API tokens and the first account of all ([accounts.md](../../docs/accounts.md)).

Knows the store and a clock, both handed in. Refuses to know HTTP, what anybody may do once inside (`operations.registry` says that), and
how any of it is shown.
"""
