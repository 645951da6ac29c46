"""How firmware lies in DHCP, as rules that decide: `known` says what each is, `make` what a message tells of its sender's make, `manner`
in which ways such a machine is answered, the usual one first, and `observed` when one machine has shown that it needs another.

Pure. Nothing else of this room asks about vendor classes, architectures or options 43, 60 and 67.
"""
