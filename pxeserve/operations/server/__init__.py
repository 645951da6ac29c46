"""This server and its network as people see them: its address, what it has and does, who holds which address, what is wrong with it.

Refuses to know hosts and media.
"""
