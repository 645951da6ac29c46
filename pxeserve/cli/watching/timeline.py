"""A host's timeline on a terminal of 80 columns: installations stage by stage, then boots step by step."""

from __future__ import annotations

import textwrap
from typing import Any

from rich.console import Console
from rich.text import Text

from pxeserve.cli.terminal.figures import clock, day, duration, size

_DONE, _WRONG = "  ", "! "
_STAGE = 22
_LASTED = 10
_NARROWEST = 24
"""Columns that a text is wrapped to at least."""


def show(timeline: Any, console: Console) -> None:
    """The whole timeline of a host, or of one of its installations."""
    boots, installs = timeline["boots"], timeline["installs"]
    counts = [_counted(len(installs), "installation")] if installs else []
    counts.append(f"{_counted(len(boots), 'boot')} on record" if boots else "no boot on record")
    console.print(Text(f"{timeline['host']}: {timeline['state']}, {', '.join(counts)}"))
    if not timeline["whole"]:
        console.print("what came before its last 10000 events is on record, and not shown here")
    for one in installs:
        console.print()
        _install(one, console)
    for number, boot in enumerate(boots, 1):
        console.print()
        _boot(number, boot, console)
    if coming := timeline["unheard"] or timeline["next"]:
        console.print()
        print_next(coming, console)
    if timeline["beside"]:
        console.print()
    for one in timeline["beside"]:
        _row(console, f"{_mark(one)}{day(one['at'])} {clock(one['at'])}  ", [one["text"]], ok=one["ok"])


def _install(one: Any, console: Console) -> None:
    said = ", ".join(part for part in (one["mode"], f"medium {one['medium']}" if one["medium"] else "") if part)
    lasted = f"{'in' if one['ended'] else 'for'} {duration(one['seconds'])}"
    began = f"{day(one['at'])} {clock(one['at'], 'seconds')}"
    head = f"installation {one['install']} ({said}), {began}: {one['state']} {lasted}"
    _row(console, "", [head], style="bold")
    for stage in one["stages"]:
        _stage(stage, console)
    if one["log"]:
        _log(one["log"], one["install"], console)
    elif one["look"]:
        _look(one["look"], console)


def _stage(stage: Any, console: Console) -> None:
    seconds, median = stage["seconds"], stage["median"]
    lasted = duration(seconds) if seconds is not None else f"{duration(stage['lasting'])}…"
    parts = [stage["detail"]] if stage["detail"] else []
    if stage["bytes"]:
        parts.append(size(stage["bytes"]) + (f", {size(stage['rate'])}/s" if stage["rate"] else ""))
    if median:
        parts.append(f"(median of {median['of']}: {duration(median['seconds'])})")
    prefix = f"{_mark(stage)}{clock(stage['at'], 'seconds')}  {stage['name']:<{_STAGE}} {lasted:>{_LASTED}}  "
    _row(console, prefix, parts, ok=stage["ok"])


def _log(log: Any, install: str, console: Console) -> None:
    _row(console, "  ", [f"the end of the installer's log; all that came: pxeserve host log --install {install}"])
    for line in log["last"]:
        _row(console, "  | ", [line])


def _look(look: Any, console: Console) -> None:
    """Where the installer itself tells what went wrong."""
    _row(console, "  ", ["no log came; this installer tells what went wrong here:"])
    _row(console, f"    {look['log']}: ", [f"in its RAM disk, written {look['written']}"])
    _row(console, f"    {look['on_disk']}: ", ["on the new system, where it could be written"])
    _row(console, "    ", [look["bundle"]])
    for where, what in look["consoles"]:
        _row(console, f"    {where}: ", [what])


def _boot(number: int, boot: Any, console: Console) -> None:
    kind = " (rehearsal)" if boot["rehearsal"] else ""
    led = f", led to: {boot['target']}" if boot["target"] else ""
    began = f"{day(boot['began'])} {clock(boot['began'])}"
    _row(console, "", [f"boot {number}{kind}, {began}, {boot['mac'] or 'unknown card'}{led}"], style="bold")
    told: Any = []
    for line in boot["lines"]:
        step = "" if line["step"] == "other" else line["step"]
        prefix = f"{_mark(line)}{line['offset']:>9.3f} s  {step:<14}  "
        _row(console, prefix, [line["text"], *_figures(line)], ok=line["ok"])
        if line["because"] != told:
            told = line["because"]
            _because(told, console)
    if boot["next"]:
        print_next(boot["next"], console)


def print_next(following: Any, console: Console) -> None:
    """What should come; and when it does not, why, the likeliest first, with how to tell and what to do."""
    if not following["overdue"]:
        _row(console, "  expected next: ", [following["expected"]])
        return
    _row(console, "! did not come: ", [following["expected"]], ok=False)
    _row(console, "  ", [following["text"]], ok=False)
    for number, one in enumerate(following["causes"], 1):
        _row(console, f"  {number}. ", [f"{one['text']} ({one['weight']})"])
        _row(console, "     to tell: ", [one["tell"]])
        _row(console, "     to do:   ", [one["fix"]])
        _row(console, "     ", [f"[{one['code']}; {one['source']}]"], style="dim")


def _because(reasons: Any, console: Console) -> None:
    """A decision's reasons, where it was made."""
    for one in reasons:
        _row(console, f"{'':>15}because ", [f"{one.get('text', '')} ({one.get('weight', '')}: {one.get('source', '')})"], style="dim")


def _row(console: Console, prefix: str, parts: list[str], *, ok: bool = True, style: str = "") -> None:
    """One row; what is too long for the terminal goes on beneath itself. Nothing in it is markup."""
    room = max(console.width - len(prefix), _NARROWEST)
    lines = textwrap.wrap("  ".join(parts), room, break_on_hyphens=False) or [""]
    for number, line in enumerate(lines):
        console.print(Text(((prefix if number == 0 else " " * len(prefix)) + line).rstrip(), style=style if ok else "red"))


def _figures(line: Any) -> list[str]:
    """Bytes, seconds and rate, as far as they are known."""
    if line["bytes"] is None:
        return []
    said = size(line["bytes"])
    if line["seconds"]:
        said += f" in {line['seconds']:.2f} s"
        if line["rate"]:
            said += f", {size(line['rate'])}/s"
    return [said]


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _mark(one: Any) -> str:
    return _DONE if one["ok"] else _WRONG
