"""Hosts, many at once: the list, adding one, tables in and out, arming and cancelling a selection.

No host can be called `-`, so what is about many of them lies there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, render_template, request

from pxeserve.console.asking import ask
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.listing import listing
from pxeserve.console.pages.answers import elsewhere
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError

blueprint = Blueprint("hosts", __name__)

SORTS = ("name", "rack", "profile", "state", "address", "since")
AT_ONCE = 1000
"""Hosts of one arming."""
_LARGEST = 8 << 20
"""Bytes of a table that is taken in."""
_FORMS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".yaml": "yaml", ".yml": "yaml"}
MODES = ("fresh", "reinstall", "upgrade", "restore")


@route(blueprint, "/hosts", verb="host.browse")
def hosts() -> str:
    """All hosts, or those that the search finds."""
    wanted = listing("/hosts", request.args, SORTS, sort="name")
    by, down = wanted.sort.removeprefix("-"), wanted.sort.startswith("-")
    found = ask("host.browse", search=wanted.words[:20], by=by, down=down, offset=wanted.first - 1, limit=wanted.size)
    counted = replace(wanted, total=found["total"])
    if counted.page > counted.pages:
        counted = replace(counted, page=counted.pages)
        found = ask("host.browse", search=wanted.words[:20], by=by, down=down, offset=counted.first - 1, limit=wanted.size)
    return render_template("hosts.html", listing=counted, found=found, words=ask("host.words"), chips=_chips(counted, found["counts"]))


@route(blueprint, "/hosts/-/new", role=Role.OPERATOR)
def new() -> str:
    """The form for a new host."""
    return render_template("host_new.html", profiles=profile_choices(), mac=request.args.get("mac", "")[:17])


@route(blueprint, "/hosts", methods=("POST",), verb="host.add")
def add() -> Response:
    """Make one."""
    form = filled("name", "profile", "mac", "rack", "tags", "address", "uuid", "serial", "hostname")
    name = form.needed("name", "The host's name")
    words = [f"{key}={value}" for key in ("rack", "tags", "address", "uuid", "serial") if (value := form.text(key))]
    macs = form.text("mac").replace(",", " ").split()
    told = ask("host.add", name=name, profile=form.needed("profile", "A profile"), mac=macs, set=words)
    return elsewhere(f"/hosts/{told['name']}", "good", f"{told['name']} is there", " ".join(told["notes"]))


@route(blueprint, "/hosts/-/export.csv", verb="host.table")
def as_table() -> Response:
    """All hosts as a spreadsheet reads them."""
    return _file(ask("host.table")["csv"], "hosts.csv", "text/csv")


@route(blueprint, "/hosts/-/export.yaml", verb="export")
def as_yaml() -> Response:
    """The site as `apply` reads it."""
    return _file(ask("export")["site"], "site.yaml", "application/yaml")


@route(blueprint, "/hosts/-/import", role=Role.OPERATOR)
def import_form() -> str:
    """Where a table is dropped."""
    return render_template("hosts_import.html", told=None, problem=None)


@route(blueprint, "/hosts/-/import", methods=("POST",), verb="host.import", body=_LARGEST + 65536)
def take_in() -> str | Response:
    """What the table would change; or take it in."""
    form = filled("text", "file", "form", "dry_run")
    name, text = form.text("file") or "the table", form.raw("text", longest=_LARGEST)
    kind = form.text("form") or next((one for end, one in _FORMS.items() if name.lower().endswith(end)), "csv")
    told = ask("host.import", text=text, form=kind, file=name, dry_run=form.ticked("dry_run"))
    if told["dry_run"]:
        return render_template("parts/changes.html", told=told)
    return elsewhere("/hosts", "good", f"{len(told['changes'])} changes were made", " ".join(told["notes"]))


@route(blueprint, "/hosts/-/arm", verb="host.plan")
def plan() -> str:
    """What arming a selection would come to, before the number is typed."""
    names, said = _selected()
    mode = request.args.get("mode") if request.args.get("mode") in MODES else None
    wish = {"mode": mode, "interactive": "interactive" in request.args, "again": "again" in request.args}
    planned = ask("host.plan", name=names, **wish) if names else None
    refused = _alike(planned["refused"]) if planned else []
    return render_template("hosts_arm.html", plan=planned, refused=refused, names=names, said=said, query=_query(), wish=wish, modes=MODES)


@route(blueprint, "/hosts/-/arm", methods=("POST",), verb="host.install-all", body=1 << 18)
def arm() -> str:
    """Arm it."""
    form = filled("name", "mode", "interactive", "again", "count", "those_that_can", "confirm")
    told = ask(
        "host.install-all", name=form.many("name"), mode=form.text("mode") or None, interactive=form.ticked("interactive"),
        again=form.ticked("again"), count=form.number("count"), those_that_can=form.ticked("those_that_can"), confirm=form.many("confirm"),
        reveal="later",
    )  # fmt: skip
    return render_template("parts/armed.html", told=told)


@route(blueprint, "/hosts/-/cancel", verb="host.browse")
def cancel_form() -> str:
    """Which installs of a selection would be ended."""
    names, said = _selected()
    live = [one for one in _shown(names) if one["state"] in ("armed", "booting", "answered", "installing", "frozen")]
    return render_template("hosts_cancel.html", live=live, names=names, said=said)


@route(blueprint, "/hosts/-/cancel", methods=("POST",), verb="host.cancel-all", body=1 << 18)
def cancel() -> Response:
    """End them."""
    form = filled("name", "count")
    told = ask("host.cancel-all", name=form.many("name"), count=form.number("count"))
    said = f"{len(told['hosts'])} installs are ended: the network boots of these hosts end on their own disks"
    return elsewhere("/hosts", "good", said)


def profile_choices() -> list[tuple[str, str]]:
    """The profiles as a field offers them, with the medium of each; none when there is none."""
    found = ask("profile.list")
    said = [(one["name"], f"{one['name']} ({one['installs']['name']})" if one["installs"] else one["name"]) for one in found]
    return [("", "choose…"), *said] if said else []


def _alike(refused: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Those that are refused for the same reason, together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in refused:
        groups.setdefault((one["why"].replace(one["host"], "it"), one["fix"].replace(one["host"], "NAME")), []).append(one["host"])
    return [{"why": why, "fix": fix, "hosts": hosts} for (why, fix), hosts in groups.items()]


def _selected() -> tuple[list[str], str]:
    """The names that are ticked, or those of the search; and what was asked for, in words. Raises PxeserveError when they are too many."""
    ticked = [one.lower() for one in request.args.getlist("n")][:AT_ONCE]
    if ticked:
        return ticked, f"{len(ticked)} ticked" if len(ticked) > 1 else ticked[0]
    query = _query()
    if not query:
        return [], ""
    found = ask("host.browse", search=query.split()[:20], limit=AT_ONCE)
    if found["total"] > AT_ONCE:
        fix = "narrow the search: a rack, or a tag"
        raise PxeserveError(f"{found['total']} hosts are found, and {AT_ONCE} at most are taken at once", fix=fix)
    return [one["name"] for one in found["hosts"]], query


def _query() -> str:
    """The search whose hosts are selected; empty where they were ticked."""
    return "" if request.args.getlist("n") else request.args.get("q", "").strip()[:400]


def _shown(names: list[str]) -> list[dict[str, Any]]:
    return list(ask("host.list", name=names)) if names else []


def _chips(wanted: Any, counts: dict[str, int]) -> list[dict[str, Any]]:
    """A chip for each state: with it the list is narrowed to that state, or no longer."""
    words = [one for one in wanted.words if not one.startswith("state:")]
    chosen = next((one.partition(":")[2] for one in wanted.words if one.startswith("state:")), None)
    shown = {chosen: counts.get(chosen, 0), **counts} if chosen and chosen != "look" else counts
    return [
        {"state": state, "count": count, "on": state == chosen,
         "href": wanted.searched(" ".join(words if state == chosen else [*words, f"state:{state}"]))}
        for state, count in shown.items()
    ]  # fmt: skip


def _file(text: str, name: str, kind: str) -> Response:
    return Response(text, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
