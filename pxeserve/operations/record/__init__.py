"""The record as it was written: read, followed, and asked what was last heard of machines and hosts.

Refuses to know what it means; that is `watching`, with the rules of `timeline`.
"""
