"""Prints pxeserve(1), drawn from the commands themselves, so that no page is forgotten. With man(7)'s macros and no others."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # `commands`, wherever this is started from

from commands import Command, Option, commands

from pxeserve import __version__

_EXITS = (
    ("0", "Done; or the answer is yes."),
    ("1", "It was refused, or the answer is no; what is printed says why, and what to do."),
    ("2", "Wrong use."),
    ("3", "Of serve: a service runs on the data folder already."),
    ("4", "Of serve: a port is taken; what is printed says by whom."),
)
_FILES = (
    ("/etc/pxeserve/pxeserve.toml", "The configuration. Every key has a default; the file that is installed names them all."),
    ("/var/lib/pxeserve", "Everything that the service keeps: its state, media, loaders, backups and keys."),
)


def page(moment: time.struct_time) -> Iterator[str]:
    """The page's lines; `moment` is the date in its foot."""
    front, *others = commands()
    yield f'.TH PXESERVE 1 "{time.strftime("%Y-%m-%d", moment)}" "pxeserve {__version__}" "User Commands"'
    yield from (".SH NAME", "pxeserve \\- network provisioning for XenServer and XCP\\-ng")
    yield from (".SH SYNOPSIS", ".B pxeserve", _text(front.usage))
    yield from (".SH DESCRIPTION", _text(front.summary), ".PP")
    yield _text("Commands ask the service of this machine; while none runs they work on its data folder by themselves. With --server they")
    yield _text("ask another machine's. Every command has --help, and every one that prints has --json.")
    yield from (".SH OPTIONS", *_listed(front.options), ".SH COMMANDS")
    for command in others:
        yield from _command(command)
    yield from (".SH EXIT STATUS", *_terms(_EXITS), ".SH ENVIRONMENT")
    yield from _terms((("PXESERVE_CONFIG", "The configuration file, as --config."),))
    yield from _terms((("PXESERVE_SECTION__KEY", "Overrides a key of the configuration, such as PXESERVE_TFTP__PORT=6969."),))
    yield from (".SH FILES", *_terms(_FILES), ".SH SEE ALSO", ".BR systemctl (1)")


def _command(command: Command) -> Iterator[str]:
    yield f'.SS "pxeserve {_text(" ".join(command.words))}"'
    if not command.following:  # those of a group have their own usage, just below
        yield from (".B pxeserve " + _text(" ".join(command.words)), _text(command.usage), ".PP")
    first = True
    for paragraph in command.help.split("\n\n"):
        if not first:
            yield ".PP"
        first = False
        yield _text(" ".join(paragraph.split()))
    yield from _listed([one for one in (*command.arguments, *command.options) if "--help" not in one.names])


def _listed(options: tuple[Option, ...] | list[Option]) -> Iterator[str]:
    for one in options:
        names = ", ".join(rf"\fB{_text(name)}\fR" for name in one.names)
        yield from (".TP", names + (rf" \fI{_text(one.value)}\fR" if one.value else ""), _text(one.help) or "\\&")


def _terms(pairs: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for name, said in pairs:
        yield from (".TP", ".B " + _text(name), _text(said))


def _text(said: str) -> str:
    """As roff prints it: no letter of it is an order."""
    plain = " ".join(said.split()).replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return "\\&" + plain if plain[:1] in (".", "'") else plain


if __name__ == "__main__":
    print("\n".join(page(time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))))
