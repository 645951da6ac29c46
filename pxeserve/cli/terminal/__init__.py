"""How every command reaches an operation, and how what it says is shown; what a person is asked.

Refuses to know which commands there are.
"""
