"""Addresses: lent by the DHCP process, and seen asked of others."""

from __future__ import annotations

from sqlalchemy import Column, Float, Table, Text

from pxeserve.store.tables.groups import LEASES

lease = Table(
    "lease", LEASES,
    Column("address", Text, primary_key=True),
    Column("mac", Text, nullable=False, index=True),
    Column("client_id", Text, nullable=False),        # hex of option 61, or empty
    Column("hostname", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False),            # bound | released | declined
    Column("starts", Float, nullable=False),
    Column("expires", Float, nullable=False),
    Column("relay", Text, nullable=False, server_default=""),
)

sighting = Table(
    "sighting", LEASES,                               # option 50 of broadcast REQUESTs to other servers: evidence in proxy mode
    Column("address", Text, primary_key=True),
    Column("mac", Text, nullable=False),
    Column("at", Float, nullable=False),
)
