"""The words by which commands say which hosts they mean, the same everywhere: NAME..., --rack, --tag, --all."""

from __future__ import annotations

from typing import Annotated, Any

import typer

NamesArgument = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Hosts by name.", show_default=False)]
RackOption = Annotated[str | None, typer.Option("--rack", metavar="RACK", help="Those that stand in this rack.")]
TagOption = Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="Those that have this tag; again: all of them.")]


def asked(names: list[str] | None, rack: str | None, tags: list[str] | None) -> dict[str, Any]:
    """The arguments of a verb that takes a selection."""
    return {"name": names or [], "rack": rack, "tag": tags or []}


def labels(rack: str | None, tags: list[str] | None) -> list[str]:
    """The settings of a host that stands in `rack` and has `tags`, where they were said."""
    return [*([f"rack={rack}"] if rack is not None else []), *([f"tags={','.join(tags)}"] if tags is not None else [])]
