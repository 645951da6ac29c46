"""Carrying an answerfile from one generation to another, so that the installer does the same, with every difference explained.

Refuses to know how files are read and written; that is `reading` and `writing`.
"""
