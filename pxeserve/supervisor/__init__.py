"""One parent, its children, their sockets and privileges. The parent holds no code that a request can reach."""

from pxeserve import logs  # noqa: F401 - before anything else: it sees to it that structlog brings only what the service needs
