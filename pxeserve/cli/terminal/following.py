"""Follows the record beyond the end of the service that tells it: when that is started again, the last event seen is where it goes on.

Prints what comes; what to say about the service goes to standard error.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pxeserve.cli.terminal.session import Render, ServiceGoneError, console, note, print_json, reporting_errors, served, visible
from pxeserve.config import Config, load
from pxeserve.errors import PxeserveError

_AGAIN = 0.5


def follow(config: Path | None, json: bool, arguments: Mapping[str, Any], render: Render) -> None:
    """Print the events that `arguments` want, and each that comes after them, until Ctrl-C."""
    with reporting_errors():
        shown = console()
        for event in _events(load(config), arguments):
            if json:
                print_json(event)
            else:
                render(visible(event), shown)


def _events(config: Config, arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    newest = _newest(config)
    if newest is None:
        raise PxeserveError("no service is running, so there is nothing to follow", code="refused", fix="pxeserve serve")
    seen = newest if arguments.get("since") is None else int(arguments["since"])
    wanted = {**arguments, "follow": True}
    while True:
        try:
            for event in _streamed(config, wanted):
                seen = event["id"]
                yield event
        except ServiceGoneError:
            note("the service went away; what happens from here on is shown when it is back")
        seen = min(seen, _awaited(config))  # a record that was put in the place of this one numbers its events anew
        wanted = {**arguments, "follow": True, "since": seen}


def _streamed(config: Config, wanted: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    with served(config) as call:
        if call is None:
            raise ServiceGoneError("no service is running")
        for message in call("events", wanted):
            if "item" in message:
                yield message["item"]
    raise ServiceGoneError("the service ended")


def _newest(config: Config) -> int | None:
    """The id of the newest event; None where no service runs. Raises ServiceGoneError."""
    with served(config) as call:
        if call is None:
            return None
        for message in call("events.newest", {}):
            if "result" in message:
                return int(message["result"])
    raise ServiceGoneError("the service ended")


def _awaited(config: Config) -> int:
    """The id of the newest event, once there is somebody to tell it."""
    while True:
        try:
            newest = _newest(config)
        except ServiceGoneError:
            newest = None
        if newest is not None:
            return newest
        time.sleep(_AGAIN)
