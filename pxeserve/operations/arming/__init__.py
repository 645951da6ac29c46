"""The dangerous verbs: arming one host or many, and taking it back. Everything is refused now that would go wrong later.

Refuses to know how a host is prepared; that is `preparing`.
"""
