"""What stands in the site: media, profiles, hosts, what they are told, scripts and loaders."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from pxeserve.store.tables.groups import SITE

meta = Table("meta", SITE, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

medium = Table(
    "medium", SITE,
    Column("name", Text, primary_key=True),
    Column("folder", Text, nullable=False, unique=True),
    Column("format", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("build", Text, nullable=False),
    Column("dialect", Text, nullable=False),
    Column("revision", Text, nullable=False),
    Column("boot", JSON),
    Column("repositories", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_reason", Text, nullable=False, server_default=""),
    Column("sample", Boolean, nullable=False, server_default=text("0")),
    Column("origin", Text, nullable=False),
    Column("imported_at", Float, nullable=False),
    Column("role", Text, nullable=False, server_default="main"),
    Column("lies", Text, nullable=False, server_default="copied"),
    Column("place", Text, nullable=False, server_default=""),
    Column("checked_at", Float),                      # when every byte was last read and right
)

medium_file = Table(
    "medium_file", SITE,
    Column("medium", Text, ForeignKey("medium.name", ondelete="CASCADE"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("position", Integer, nullable=False),      # order in which the installer fetches packages; -1 for other files
    Column("kind", Text, nullable=False),             # tbz2, driver, firmware, rpm, ..., index or plain
    Column("size", Integer, nullable=False),
    Column("md5", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("offset", BigInteger, nullable=False, server_default="0"),   # where it begins in the image it is served from
    Column("stamp", Text, nullable=False, server_default=""),           # what the file system said of it when it was last read whole
)

profile = Table(
    "profile", SITE,
    Column("name", Text, primary_key=True),
    Column("medium", Text),
    Column("parent", Text),
    Column("answers", JSON, nullable=False),
    Column("boot", JSON, nullable=False),
)

answers_history = Table(
    "answers_history", SITE,                          # what was declared after each change; bounded for each thing
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("what", Text, nullable=False),             # site, profile or host; armed: the file that a host was armed with
    Column("name", Text, nullable=False),             # "" for the site
    Column("at", Float, nullable=False),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("answers", JSON, nullable=False),          # no password in plain text
    Column("note", Text, nullable=False, server_default=""),
)
Index("answers_history_of", answers_history.c.what, answers_history.c.name, answers_history.c.id)

host = Table(
    "host", SITE,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False, unique=True),
    Column("uuid", Text),
    Column("serial", Text),
    Column("profile", Text, nullable=False),
    Column("address", Text, unique=True),
    Column("answers", JSON, nullable=False),
    Column("rack", Text),
    Column("tags", JSON, nullable=False, server_default="[]"),
)

host_mac = Table(
    "host_mac", SITE,
    Column("mac", Text, primary_key=True),
    Column("host_id", Integer, ForeignKey("host.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
)

script = Table(
    "script", SITE,                                   # the site's own, for the stages of installations
    Column("name", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("changed_at", Float, nullable=False),
)

loader_set = Table(
    "loader_set", SITE,
    Column("name", Text, primary_key=True),
    Column("origin", Text, nullable=False),
    Column("imported_at", Float, nullable=False),
)

loader_file = Table(
    "loader_file", SITE,
    Column("set", Text, ForeignKey("loader_set.name", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
)
