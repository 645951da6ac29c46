"""What becomes of hosts: their timelines, the picture of a rack, the log of an installer that failed.

Refuses to know how the record is read, and what its steps mean; `timeline` does.
"""
