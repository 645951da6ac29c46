"""Answerfiles and scripts as people bring them: linted, fixed, converted, taken over, kept.

Refuses to know what a host will be given; that is `preparing`.
"""
