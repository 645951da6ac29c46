"""`pxeserve host install` and `host cancel`: one host by its name, or many by a selection and their number."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pxeserve.cli.terminal import progress
from pxeserve.cli.terminal.figures import clock
from pxeserve.cli.terminal.selecting import NamesArgument, RackOption, TagOption, asked
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, ask, console, invoke, print_json, reporting_errors, visible, wrong_use
from pxeserve.errors import PxeserveError

CountOption = Annotated[
    int | None, typer.Option("--count", metavar="N", min=1, help="How many hosts that are, where there may be more than one.")
]


def install(
    names: NamesArgument = None,
    rack: RackOption = None,
    tag: TagOption = None,
    count: CountOption = None,
    mode: Annotated[
        str | None, typer.Option("--mode", metavar="MODE", help="fresh, reinstall, upgrade or restore.", show_default="fresh")
    ] = None,
    interactive: Annotated[bool, typer.Option("--interactive", help="Let a person answer at the machine.")] = False,
    again: Annotated[bool, typer.Option("--again", help="As its last install, which did not come to its end, was asked for.")] = False,
    those_that_can: Annotated[
        bool, typer.Option("--those-that-can", help="Of many, arm those that can be; else one that cannot keeps all others from it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before a host that was installed before is erased.")] = False,
    sealed: Annotated[bool, typer.Option("--sealed", help="Do not print a random root password: `host password` tells it once.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Arm hosts: the next network boot of each installs it, once. Lapses after an hour by itself; `host cancel` takes it back.

    One host by its name; several names, --rack or --tag with the number of machines: it is asked for, or --count says it.
    """
    _refuse_nobody(names, rack, tag)
    wish = {"mode": mode, "interactive": interactive, "again": again}
    reveal = "later" if sealed else "now"
    if names and len(names) == 1 and not (rack or tag or count or those_that_can):
        _one(config, json, names[0], {**wish, "reveal": reveal}, yes=yes)
        return
    if count is None and not sys.stdin.isatty():
        with wrong_use():
            raise PxeserveError("how many machines are to be installed?", fix="--count N says it, where nobody can be asked")
    arguments: dict[str, Any] = {**asked(names, rack, tag), **wish}
    with reporting_errors():
        if count is None:
            arguments |= _counted(config, arguments, those_that_can=those_that_can)
        else:
            confirmed = [one["name"] for one in ask(config, "host.list", asked(names, rack, tag))] if yes else []
            arguments |= {"count": count, "confirm": confirmed}
        arguments |= {"those_that_can": those_that_can, "reveal": reveal}
        answer = ask(config, "host.install-all", arguments, _counting(json))
    if json:
        print_json(answer)
    else:
        _all_armed(visible(answer), console())


def cancel(
    names: NamesArgument = None,
    rack: RackOption = None,
    tag: TagOption = None,
    count: CountOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Take an arming back, or give up an install that does not come to its end. Of a selection, --count says how many installs that is."""
    _refuse_nobody(names, rack, tag)
    if names and len(names) == 1 and not (rack or tag or count):
        invoke(config, json, "host.cancel", {"name": names[0]}, _cancelled)
        return
    selected = asked(names, rack, tag)
    if count is None and sys.stdin.isatty():
        with reporting_errors():
            shown = visible(ask(config, "host.list", selected))
            live = [one["name"] for one in shown if one["state"] in _LIVE]
            typer.echo(f"{len(live)} of {len(shown)} hosts have an install that would be cancelled: {', '.join(live)}", err=True)
            count = typer.prompt("How many is that? Type the number to go on", type=int, err=True)
    invoke(config, json, "host.cancel-all", {**selected, "count": count}, _all_cancelled)


def _refuse_nobody(names: list[str] | None, rack: str | None, tags: list[str] | None) -> None:
    if not (names or rack or tags):
        with wrong_use():
            raise PxeserveError("which hosts?", fix="give their names, --rack RACK or --tag TAG")


_LIVE = ("armed", "booting", "answered", "installing", "frozen")


def _one(config: Path | None, json: bool, name: str, wish: dict[str, Any], *, yes: bool) -> None:
    arguments: dict[str, Any] = {"name": name, **wish}
    if yes:
        arguments["confirm"] = name.lower()
    elif sys.stdin.isatty():
        with reporting_errors():
            done = [one for one in ask(config, "host.list", {"name": [name]}) if one["installed"]]
        if done:
            plan = visible(ask(config, "host.plan", {"name": [name], **{key: wish[key] for key in ("mode", "interactive", "again")}}))
            for one in plan["hosts"]:
                becomes(one, Console(stderr=True, highlight=False, emoji=False))
            question = f"{name} has been installed before; its disks will be erased. Type its name to go on"
            if plan["hosts"] and not plan["hosts"][0]["erases"]:
                question = f"{name} has been installed before, and its system will be replaced. Type its name to go on"
            arguments["confirm"] = typer.prompt(question, default="", show_default=False)
    invoke(config, json, "host.install", arguments, _armed)


def _counting(json: bool) -> progress.Shown:
    return progress.Silent() if json else progress.Counting()


def _counted(config: Path | None, arguments: dict[str, Any], *, those_that_can: bool) -> dict[str, Any]:
    """Show what would come of it, and ask how many that is: the hosts that were shown, the number that was typed, and those of them whose
    second installation was confirmed. Raises PxeserveError when one of them cannot be armed."""
    plan = visible(ask(config, "host.plan", arguments, _counting(json=False)))
    _plan(plan, Console(stderr=True, highlight=False, emoji=False))
    if plan["refused"] and not those_that_can:
        fix = "put that right, or leave those hosts out, or arm the others with --those-that-can"
        raise PxeserveError(f"{len(plan['refused'])} of {plan['found']} hosts cannot be armed, so none is", fix=fix)
    count = typer.prompt("How many machines are to be installed? Type the number to go on", type=int, err=True)
    shown = [one["host"] for one in (*plan["hosts"], *plan["refused"])]
    return {"name": shown, "rack": None, "tag": [], "count": count, "confirm": _confirmed(plan["recent"])}


def _confirmed(recent: list[str]) -> list[str]:
    if not recent:
        return []
    typer.echo(f"installed within the last day: {', '.join(recent)}", err=True)
    return recent if typer.confirm("Erase these again?", err=True) else []


def _plan(plan: Any, shown: Console) -> None:
    shown.print(Text(f"{plan['selection']}: {plan['found']} found, {len(plan['hosts'])} can be armed", style="bold"))
    table = Table("host", "medium", "mode", "erases", "")
    for one in plan["hosts"]:
        table.add_row(*(escape(text) for text in (one["host"], one["medium"] or "plain files", _mode(one), _disks(one), _again(one))))
    shown.print(table)
    alike: dict[tuple[str, ...], Any] = {(*one["keeps"], "", *one["loses"]): one for one in plan["hosts"]}
    for one in alike.values():
        if one["loses"]:
            shown.print(Text(f"{one['mode']}:"))
            becomes(one, shown)
    for one in plan["refused"]:
        shown.print(Text(f"! {one['host']}: {one['why']}", style="red"))


def becomes(one: Any, shown: Console) -> None:
    """What is kept and what is lost, a line each."""
    for word, parts in (("keeps", one["keeps"]), ("loses", one["loses"])):
        for part in parts:
            shown.print(Text(f"  {word}: {part}"))


def _mode(one: Any) -> str:
    return "interactive" if one["interactive"] else str(one["mode"])


def _disks(one: Any) -> str:
    return ", ".join(one["erases"]) or "-"


def _again(one: Any) -> str:
    if not one["again"]:
        return ""
    return f"as the one that is {one['again']['last']}: {_differs(one['again']['differs'])}"


def _differs(differs: Iterable[str]) -> str:
    return "; ".join(differs) or "nothing differs from then"


def _until(answer: Any) -> str:
    return clock(answer["expires"], "minutes")


def _all_armed(answer: Any, shown: Console) -> None:
    hosts = answer["hosts"]
    shown.print(f"[bold]{len(hosts)} hosts are armed[/bold]: the next network boot of each installs it, once, until {_until(hosts[0])}")
    passwords = any(one["root_password"] for one in hosts)
    table = Table("host", "medium", "mode", "erases", *(["root password, shown this once"] if passwords else []))
    for one in hosts:
        shown_once = [one["root_password"] or "-"] if passwords else []
        table.add_row(*(escape(cell) for cell in (one["host"], one["medium"] or "plain files", _mode(one), _disks(one), *shown_once)))
    shown.print(table)
    _minded(hosts, shown)
    kept = [one["host"] for one in hosts if one["password_kept"] and not one["root_password"]]
    if kept:
        shown.print(f"root passwords are sealed for a day: pxeserve host password NAME tells each once ({len(kept)} hosts)")
    for one in answer["refused"]:
        shown.print(Text(f"! not armed: {one['host']}: {one['why']}", style="red"))
    shown.print("to take it back: pxeserve host cancel, with the same selection and --count")


_UNHEARD = re.compile(r"\A[0-9a-f:]{17} (was never heard here: )")
"""How the note on a card begins of which nothing more is to be said."""


def _minded(hosts: Iterable[Any], shown: Console) -> None:
    """Warnings and notes, each once with the hosts it is for."""
    said: dict[str, list[str]] = {}
    for one in hosts:
        for text in [*one["warnings"], *one.get("notes", ()), *([_again(one)] if one["again"] else [])]:
            said.setdefault(_UNHEARD.sub(r"its card \1", text).replace(one["host"], "NAME"), []).append(one["host"])
    for text, names in said.items():
        who = f"{', '.join(names[:5])}{f' and {len(names) - 5} more' if len(names) > 5 else ''}"
        shown.print(f"[bold]mind:[/bold] {escape(who)}: {escape(text)}")


def _armed(answer: Any, console: Console) -> None:
    kind = "interactively" if answer["interactive"] else f"unattended ({answer['mode']})"
    what = answer["medium"] or "its profile's plain files"
    console.print(
        f"[bold]{escape(answer['host'])} is armed[/bold]: its next network boot installs {escape(what)} {kind}, once, "
        f"until {_until(answer)}"
    )
    if answer["again"]:
        console.print(escape(_again(answer)))
    if answer["erases"]:
        console.print(f"it erases {escape(', '.join(answer['erases']))}")
    becomes(answer, console)
    if answer["root_password"]:
        console.print(f"root password, shown this once: [bold]{escape(answer['root_password'])}[/bold]")
    elif answer["password_kept"]:
        console.print(f"its root password is sealed for a day: pxeserve host password {escape(answer['host'])} tells it once")
    for one in [*answer["warnings"], *answer.get("notes", ())]:
        console.print(f"[bold]mind:[/bold] {escape(one)}")
    console.print(f"to take it back: pxeserve host cancel {escape(answer['host'])}")


def _cancelled(answer: Any, console: Console) -> None:
    console.print(f"{escape(answer['host'])}: install {answer['install']} cancelled; its network boots end on its own disk")


def _all_cancelled(answer: Any, console: Console) -> None:
    names = ", ".join(one["host"] for one in answer["hosts"])
    console.print(f"{len(answer['hosts'])} installs cancelled; the network boots of these hosts end on their own disks: {escape(names)}")
