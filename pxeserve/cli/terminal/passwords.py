"""Asks people for a root password and makes hashes of it, so that the plain text never leaves the process of the command."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pxeserve.cli.terminal.session import ask

MOST_HASHES, SPARE_HASHES = 64, 8
"""A profile's password is kept as so many hashes at most, each with its own salt: one for each of its hosts, and some for hosts to come."""

PasswordOption = Annotated[
    bool,
    typer.Option("--password", help="Ask for root's password (or read a line of standard input), and keep a hash of it, not the password."),
]


def asked(count: int = 1) -> list[str]:
    """The setting that holds `count` hashes of a password, which a person types twice without seeing it, or which is one line of standard
    input where that is no terminal. Raises PxeserveError, without the password in it."""
    from pxeserve.answerfile.passwords import password_fault
    from pxeserve.errors import PxeserveError

    said = typer.prompt("root password", hide_input=True, confirmation_prompt=True) if sys.stdin.isatty() else _line()
    fault = password_fault(said)
    if fault is not None:
        raise PxeserveError(fault)
    hashes = hashes_of(said, count)
    value = {"hashes": hashes} if count > 1 else {"hash": hashes[0]}
    return [f"root-password={json_format.dumps(value)}"]


def hashes_of(password: str, count: int) -> list[str]:
    """So many hashes of it. Raises ValueError, without the password in it, for one that may not be a password."""
    from pxeserve.answerfile.passwords import hashed

    if count > 1:
        typer.echo(f"making {count} hashes, each with a salt of its own: one for each host, and some for hosts to come", err=True)
    return [hashed(password) for _ in range(count)]


def asked_for_profile(config: Path | None, name: str) -> list[str]:
    """The same for a profile: as many hashes as it has hosts, and some for those to come."""
    return asked(count_for_profile(config, name))


def count_for_profile(config: Path | None, name: str) -> int:
    """How many hashes a profile's password is kept as."""
    hosts = _hosts_below(name, ask(config, "profile.list", {}), ask(config, "host.list", {}))
    return min(hosts + SPARE_HASHES, MOST_HASHES)


def asked_for_site(config: Path | None) -> list[str]:
    """The same for the whole site."""
    return asked(min(len(ask(config, "host.list", {})) + SPARE_HASHES, MOST_HASHES))


def _line() -> str:
    """One line of standard input, without its end."""
    from pxeserve.errors import PxeserveError

    try:
        return sys.stdin.readline(4096).removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise PxeserveError("standard input is not UTF-8") from None


def _hosts_below(name: str, profiles: Sequence[Any], hosts: Sequence[Any]) -> int:
    """How many hosts take their answers from a profile, directly or through others."""
    below, found = {name}, 0
    while len(below) != found:
        found = len(below)
        below |= {one["name"] for one in profiles if one["parent"] in below}
    return sum(one["profile"] in below for one in hosts)
