"""How every command reaches an operation: at a far server by HTTPS (`far`), through the running service's admin socket, or, where none
runs, by holding the data folder itself, as the service's own user. Prints the answer, the progress and the error; knows no noun.
"""

from __future__ import annotations

import contextlib
import json as json_format
import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pxeserve import wire
from pxeserve.cli.terminal import far, progress
from pxeserve.config import Config, load
from pxeserve.errors import PxeserveError

NO, WRONG_USE = 1, 2
_UNBOUNDED = 10_000
"""Columns; tables take what they need and no more."""

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", envvar="PXESERVE_CONFIG", help="The configuration file.", show_default=False)
]
DataOption = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="The data folder, instead of the configured one.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

if TYPE_CHECKING:
    from rich.console import Console  # loaded where it is used: `serve` prints nothing and keeps what it has loaded for good

Render = Callable[[Any, "Console"], None]
Call = Callable[[str, Mapping[str, Any]], Iterator[dict[str, Any]]]


class ServiceGoneError(PxeserveError):
    """The service ended before it had said all."""


def invoke(config: Path | None, json: bool, verb: str, arguments: Mapping[str, Any], render: Render) -> Any:
    """Carry out `verb` and print its answer: as JSON, or as `render` shows it. Ends the command with 1 when the answer is an error."""
    with reporting_errors():
        answer = ask(config, verb, arguments, progress.Silent() if json else None)
        if json:
            print_json(answer)
        else:
            render(visible(answer), console())
        return answer


def stream(config: Path | None, json: bool, verb: str, arguments: Mapping[str, Any], render: Render) -> None:
    """Carry out a verb that gives item after item, and print each as it comes: a JSON line each, or as `render` shows it."""
    with reporting_errors():
        shown = console()
        with _connected(config) as call:
            for message in call(verb, arguments):
                if "item" not in message:
                    continue
                if json:
                    print_json(message["item"])
                else:
                    render(visible(message["item"]), shown)


def ask(config: Path | None, verb: str, arguments: Mapping[str, Any], shown: progress.Shown | None = None) -> Any:
    """The answer of `verb`; while it takes its time, `shown` tells how far it is, as fits where it is read. Raises PxeserveError."""
    with _connected(config) as call, shown or progress.shown() as show:
        for message in call(verb, arguments):
            if "progress" in message:
                show(message["progress"])
            elif "result" in message:
                return message["result"]
    raise PxeserveError(f"{verb}: the service ended before it had answered", fix="look into its log")


def configured(config: Path | None, data: Path | None = None) -> Config:
    """The configuration as the commands see it. Raises PxeserveError."""
    return load(config, overrides={"server": {"data": str(data)}} if data else None)


def console() -> Console:
    """Where people read: no colours or boxes fitted to a terminal when it is none, so that names and sums come whole through a pipe.
    Nor pictures: rich would make one of `:ab:`, and MACs hold it."""
    from rich.console import Console

    if sys.stdout.isatty():
        return Console(highlight=False, emoji=False)
    return Console(soft_wrap=True, width=_UNBOUNDED, highlight=False, emoji=False)


def visible(value: Any) -> Any:
    """`value` with each character that a terminal would obey, and not show, written as `\\xNN` or `\\uNNNN`: servers, media and machines
    have a say in what people are shown."""
    match value:
        case str():
            return "".join(char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1] for char in value)
        case Mapping():
            return {key: visible(inner) for key, inner in value.items()}
        case list():
            return [visible(inner) for inner in value]
    return value


def print_json(value: Any) -> None:
    """One JSON document on a line of its own."""
    sys.stdout.write(json_format.dumps(value, default=str) + "\n")
    sys.stdout.flush()


@contextmanager
def reporting_errors() -> Iterator[None]:
    """Say what went wrong and end with 1; a Ctrl-C ends quietly, and so does a reader that went away."""
    try:
        yield
    except PxeserveError as error:
        say(error)
        raise typer.Exit(NO) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None


@contextmanager
def wrong_use() -> Iterator[None]:
    """Say what was asked for wrongly, and end with 2."""
    try:
        yield
    except PxeserveError as error:
        say(error)
        raise typer.Exit(WRONG_USE) from None


def say(error: PxeserveError) -> None:
    """An error, where people and scripts look for it."""
    note(f"error: {error}")


def note(text: str) -> None:
    """Something about the command itself, beside what it prints."""
    from rich.console import Console

    Console(stderr=True, highlight=False, soft_wrap=True, emoji=False).print(visible(text), markup=False)


@contextmanager
def _connected(config_file: Path | None) -> Iterator[Call]:
    there = far.chosen()
    if there is not None:
        yield there.call
        return
    config = configured(config_file)
    with served(config) as call:
        if call is not None:
            yield call
            return
    with _alone(config) as call:
        yield call


@contextmanager
def served(config: Config) -> Iterator[Call | None]:
    """The service that runs, and None where none does: then the data folder is left alone."""
    there = far.chosen()
    if there is not None:
        yield _from_afar(there)
        return
    sock = _service(config)
    if sock is None:
        yield None
        return
    with sock:
        yield lambda verb, arguments: _remote(sock, verb, arguments)


def _from_afar(there: far.Far) -> Call:
    def call(verb: str, arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        try:
            yield from there.call(verb, arguments)
        except far.FarGoneError as error:
            raise ServiceGoneError(error.message, fix=error.fix) from None

    return call


def _service(config: Config) -> socket.socket | None:
    path = config.server.data / "run" / wire.SOCKET_NAME
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.connect(str(path))
    except PermissionError:
        sock.close()
        raise PxeserveError(f"{path}: only root and the service's user may ask", fix="run the command with sudo") from None
    except OSError:
        sock.close()
        return None
    return sock


def _remote(sock: socket.socket, verb: str, arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    try:
        with contextlib.suppress(BrokenPipeError):  # turned away before it was asked: it says why all the same
            wire.send(sock, {"verb": verb, "arguments": dict(arguments)})
        for message in wire.messages(sock):
            if "error" in message:
                raise PxeserveError(**message["error"])
            yield message
            if "result" in message:
                return
    except OSError as error:
        raise ServiceGoneError(f"the service went away: {error.strerror}", fix="look into its log") from None


@contextmanager
def _alone(config: Config) -> Iterator[Call]:
    """No service runs: a process of our own holds the data folder for as long as this command lasts, as the user who owns what lies in
    it. It speaks as the service would; what it says is shown here, with our own rights."""
    from pxeserve.supervisor import alone

    with alone.started(config) as sock:
        yield lambda verb, arguments: _remote(sock, verb, arguments)


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int, str], None]]:
    """Takes bytes done, bytes in all, and what is being done; for work that this very process does."""
    with progress.shown() as show:
        yield lambda done, total, text: show({"done": done, "total": total, "text": text})
