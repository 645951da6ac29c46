"""A pool that is not there: a program of its own which speaks XAPI's wire protocol for a few hosts, each with its address, certificate and
password. Tests begin it as a process (`tests/recovery/simulated.py`), so that killing the controller changes nothing here.

It knows of XAPI what joining, recovering and restoring go by, and nothing of pxeserve.
"""
