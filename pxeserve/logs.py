"""How the service logs: one line an event on standard error, for people or as JSON, the same fields in both. Refuses to know what is
worth a line.

What machines, media and servers have a say in may stand in a line, so no line holds a character that a terminal or a journal would obey.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, Literal

_PAINTER = "rich"
if _PAINTER not in sys.modules:  # structlog loads it where it finds it, to paint tracebacks: megabytes in each process
    sys.modules[_PAINTER] = None  # type: ignore[assignment]
    import structlog

    del sys.modules[_PAINTER]
else:
    import structlog

Level = Literal["debug", "info", "warning", "error"]
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_PRIORITIES = {"debug": "<7>", "info": "<6>", "warning": "<4>", "error": "<3>", "critical": "<2>"}
"""Priorities as a journal reads them at the beginning of a line (sd-daemon(3))."""
_LONGEST = 4000
"""Characters of one value; a traceback is of ours and comes whole."""


def configure(style: Literal["text", "json"], level: Level = "info", process: str = "pxeserve") -> None:
    """Set the log up for this process, which its lines call `process`; may be called again, and then lines look anew from the next
    one on."""
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer()
    if style == "text":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            _of(process),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _shown,
            _prefixed(renderer) if _to_a_journal() else renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),  # a line in one write: the processes share the file
        cache_logger_on_first_use=False,
    )


def _of(process: str) -> structlog.typing.Processor:
    def add(_logger: object, _method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
        return {**line, "process": process}

    return add


def _shown(_logger: object, _method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Every text in one line of its own, with nothing in it that is obeyed and not shown. The lines of a traceback stay lines, each
    set in, so that none of them can be taken for a line of the log."""
    return {key: _set_in(value) if key == "exception" else _plain(value) for key, value in line.items()}


def _set_in(traceback: Any) -> str:
    return "\n".join(f"    {_harmless(one)}" for one in str(traceback).splitlines())


def _plain(value: Any) -> Any:
    match value:
        case str():
            return _harmless(value)
        case bool() | int() | float() | None:
            return value
        case Mapping():
            return {_harmless(str(key)): _plain(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(inner) for inner in value]
    return _harmless(str(value))


def _harmless(text: str) -> str:
    """Lines become one, joined by `; `; what is not printable is written as `\\xNN` or `\\uNNNN`."""
    if text.isprintable() and len(text) <= _LONGEST:
        return text
    joined = "; ".join(part.strip() for part in text[: _LONGEST + 1].split("\n") if part.strip())
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in joined)
    return shown if len(text) <= _LONGEST else f"{shown[:_LONGEST]}…"


def _prefixed(renderer: Callable[..., Any]) -> structlog.typing.Processor:
    """`renderer`, with the line's priority in front."""

    def render(logger: Any, method: str, line: structlog.typing.EventDict) -> str:
        return f"{_PRIORITIES.get(str(line.get('level')), '<6>')}{renderer(logger, method, line)}"

    return render


def _to_a_journal() -> bool:
    """Whether standard error is the journal's own stream (systemd.exec(5), JOURNAL_STREAM)."""
    told = os.environ.get("JOURNAL_STREAM", "")
    try:
        where = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return told == f"{where.st_dev}:{where.st_ino}"
