"""Media and boot loaders: how they come in, how they stand, where installers fetch them from.

Refuses to know which hosts get them.
"""
