"""How the service logs: one line an event on standard error, for people or as JSON. Refuses to know what is worth a line."""

from __future__ import annotations

import logging
import sys
from typing import Literal

_PAINTER = "rich"
if _PAINTER not in sys.modules:  # structlog loads it where it finds it, to paint tracebacks: megabytes in each process
    sys.modules[_PAINTER] = None  # type: ignore[assignment]
    import structlog

    del sys.modules[_PAINTER]
else:
    import structlog


def configure(style: Literal["text", "json"]) -> None:
    """Set the log up for this process."""
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer()
    if style == "text":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),  # a line in one write: the processes share the file
        cache_logger_on_first_use=True,
    )
