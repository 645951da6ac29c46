"""The API against the command line: every command's operation has a route, and a command that asks for none says what is there instead."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import click
import pytest
from typer.main import get_command

from pxeserve.cli import main
from pxeserve.console.api.table import ROUTES, WITHOUT, WITHOUT_A_VERB
from pxeserve.operations import registry


def commands(command: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every command with the function behind it."""
    command = command if command is not None else get_command(main.app)
    if not hasattr(command, "list_commands"):
        yield " ".join(path), command.callback
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        yield from commands(command.get_command(context, name), (*path, name))


def asked(function: Any, seen: set[Any]) -> set[str]:
    """The verbs that a function of the command line names, itself or in another one that it speaks of."""
    function = inspect.unwrap(function)
    if function in seen or not function.__module__.startswith("pxeserve.cli"):
        return set()
    seen.add(function)
    found: set[str] = set()
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Constant) and node.value in registry.verbs():
            found.add(node.value)
        if isinstance(node, ast.Name) and inspect.isfunction(known := function.__globals__.get(node.id)):
            found |= asked(known, seen)
    return found


COMMANDS = dict(commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_its_route(name: str) -> None:
    verbs = asked(COMMANDS[name], set())
    assert bool(verbs) != (name in WITHOUT_A_VERB), f"{name}: {sorted(verbs)}"
    assert verbs <= {route.verb for route in ROUTES} | WITHOUT.keys()


def test_what_is_said_instead_is_there() -> None:
    """Routes that a reason names exist, and no reason is about a command that is gone."""
    routes = {f"{route.method} {route.path}" for route in ROUTES} | {"GET /openapi.json"}
    assert set(COMMANDS) >= WITHOUT_A_VERB.keys()
    for said in (*WITHOUT_A_VERB.values(), *WITHOUT.values()):
        for method, path in re.findall(r"(GET|POST|PUT) (/[\w/{}.-]*)", said):
            spelt = re.sub(r"/drawn/{dialect}/\w+$", "/drawn/{dialect}/{what}", path)
            assert f"{method} {spelt}" in routes | {"PUT /uploads/{name}", "PUT /pools/{pool}/backups", "GET /backups/{id}/content"}, said
