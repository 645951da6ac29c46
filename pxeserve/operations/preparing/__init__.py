"""What a host would be given now: its answers completed, written and read again, its password, its scripts, its medium. Arms nothing.

Refuses to know who may be armed.
"""
