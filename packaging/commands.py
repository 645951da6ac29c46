"""The commands as they are, for what is drawn from them: the man page and the completion of shells. Refuses to know either."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import typer
from typer.main import get_command

from pxeserve.cli.main import app

_OF_THE_LIBRARY = {"--install-completion", "--show-completion"}
"""Options of groups that the library adds, which write into a person's home."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option or argument: its `names`, the word that stands for its value ("" for a switch), and what it is."""

    names: tuple[str, ...]
    value: str
    help: str


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words without `pxeserve`, what follows them in its usage, its help, and the next words of a group."""

    words: tuple[str, ...]
    usage: str
    help: str
    arguments: tuple[Option, ...]
    options: tuple[Option, ...]
    following: tuple[str, ...]

    @property
    def summary(self) -> str:
        """The first sentence of its help."""
        return self.help.partition("\n\n")[0].replace("\n", " ")


def commands() -> Iterator[Command]:
    """All of them, the command without words first, each group before what is in it."""
    yield from _walked(get_command(app), ())


def _walked(command: Any, words: tuple[str, ...]) -> Iterator[Command]:
    context = typer.Context(command, info_name=" ".join(("pxeserve", *words)))
    inner = command.list_commands(context) if hasattr(command, "list_commands") else []
    shown = [one for one in command.get_params(context) if not getattr(one, "hidden", False) and not _OF_THE_LIBRARY & set(one.opts)]
    yield Command(
        words,
        " ".join(command.collect_usage_pieces(context)),
        (command.help or "").strip(),
        tuple(_argument(one) for one in shown if one.param_type_name == "argument"),
        tuple(_option(one) for one in shown if one.param_type_name == "option"),
        tuple(inner),
    )
    for name in inner:
        yield from _walked(command.get_command(context, name), (*words, name))


def _option(one: Any) -> Option:
    value = "" if one.is_flag or one.count else (one.metavar or one.name.upper())
    return Option((*one.opts, *one.secondary_opts), value, one.help or "")


def _argument(one: Any) -> Option:
    return Option(((one.metavar or one.name.upper()).strip("[]."),), "", one.help or "")
