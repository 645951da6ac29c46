"""The record in figures, as Prometheus reads them. Each module gives some of them; whoever serves them puts them together.

No label names a machine, and none comes from the wire.
"""
