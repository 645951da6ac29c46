"""Many things said in one file, a site in YAML or hosts in a table: all that stands in it is taken, or nothing.

Refuses to know how one thing is checked and kept; that is `inventory`.
"""
