"""`pxeserve quirks`: how firmware, loaders and installers lie, and what is done about it. Each room keeps its own; here
they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import typer

from pxeserve.cli.terminal.session import ConfigOption, JsonOption, print_json
from pxeserve.domain.quirk import Quirk

app = typer.Typer()

_HEAD = """\
# Quirks

What firmware, loaders and installers really do, against the letter of a standard or beside it. `pxeserve quirks` prints this page from the
data that the code goes by; `pxeserve explain` names the quirks in force for a machine, and so does each offer in its record.

*Precaution* stands where nobody has shown it on a wire of ours. A test named here is marked with the quirk's name.
"""


def page() -> str:
    """docs/quirks.md."""
    from pxeserve.operations.server.quirks import ROOMS

    return "\n".join([_HEAD, *(_table(title, quirks) for title, quirks in ROOMS)])


@app.command()
def quirks(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Print every quirk of firmware, loaders and installers: what is seen, what is done, its source and its test; docs/quirks.md."""
    del config  # every command takes it; this one asks nobody
    if json:
        from pxeserve.operations.server.quirks import ROOMS

        print_json([{"about": title, **asdict(quirk)} for title, quirks in ROOMS for quirk in quirks])
    else:
        typer.echo(page(), nl=False)


def _table(title: str, quirks: Sequence[Quirk]) -> str:
    lines = [f"## {title}", "", "| name | what is seen | what we do | known from | test |", "| --- | --- | --- | --- | --- |"]
    for one in quirks:
        source = f"{one.source} (*precaution*)" if one.precaution else one.source
        tests = ", ".join(f"`{test}`" for test in one.tests)
        lines.append("| " + " | ".join(_cell(text) for text in (f"`{one.name}`", one.seen, one.does, source, tests)) + " |")
    return "\n".join([*lines, ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
