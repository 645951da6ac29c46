"""Who is lent which address: subnets, pools, offers and leases, as pure policy.

Refuses to know the bytes of packets and where leases are kept.
"""
