"""Why a machine gets what it gets: the one decision with all its reasons, and what has to hold besides. Changes nothing.

Refuses to decide; `domain.decide` does.
"""
