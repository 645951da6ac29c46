"""What the site has: hosts, profiles, what all share, and discovered machines that become hosts. Each change is checked in all that
inherits it.

Refuses to know files that declare many of them; that is `declaring`.
"""
