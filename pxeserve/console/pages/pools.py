"""Pools: which hosts belong together, who leads them, their storage and networks; made and changed. Backups and recoveries of a pool have
parts of their own on its page, where there are such."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request

from pxeserve.console.asking import ask
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.listing import listing
from pxeserve.console.pages.answers import elsewhere
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError

blueprint = Blueprint("pools", __name__)
_SORTS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "name": lambda one: one["name"], "master": lambda one: one["master"], "hosts": lambda one: len(one["hosts"]),
    "runs": lambda one: (one["product"], one["version"]),
}  # fmt: skip
_LONGEST = 20_000
"""Letters of all storage and networks of a pool."""
_NEWEST = 10
"""Backups, joins and recoveries on the page of a pool; all of them have lists of their own."""


@route(blueprint, "/pools", verb="pool.list")
def pools() -> str:
    """All of them."""
    wanted = listing("/pools", request.args, _SORTS, sort="name")
    everything = ask("pool.list")
    counted, shown = wanted.shown(everything, _SORTS, _words)
    return render_template("pools.html", listing=counted, pools=shown, all=len(everything))


@route(blueprint, "/pools", methods=("POST",), verb="pool.add")
def add() -> Response:
    """Make one."""
    form = filled("name", "master", "hosts", "product", "version", "words")
    words = [f"{key}={form.text(key)}" for key in ("product", "version") if form.text(key)]
    told = ask("pool.add", name=form.needed("name", "A name"), master=form.needed("master", "The master"), add=_hosts(form.text("hosts")),
               set=[*words, *_lines(form.raw("words", longest=_LONGEST))])  # fmt: skip
    return elsewhere(_page(told["name"]), "good", f"The pool {told['name']} is there")


@route(blueprint, "/pools/<name>", verb="pool.show")
def pool(name: str) -> str:
    """One of them."""
    found = ask("pool.show", name=name)
    chap = [one["name"] for one in found["storage"] if one["chap_user"]]
    kept = ask("backup.list", pool=name)
    return render_template(
        "pool.html", pool=found, words="\n".join(_spelt(found)), others=" ".join(found["hosts"][1:]), chap=chap, kept=len(kept),
        backups=kept[:_NEWEST], **_under_way(name),
    )  # fmt: skip


@route(blueprint, "/pools/<name>", methods=("PUT",), verb="pool.set")
def change(name: str) -> Response:
    """Change it, if it is still what the form showed: what the form no longer says is taken away."""
    form = filled("master", "hosts", "product", "version", "address", "user", "words", "revision")
    now = ask("pool.show", name=name)
    master = form.needed("master", "The master").lower()
    hosts = {master, *_hosts(form.text("hosts"))}
    words = [f"{key}={form.text(key)}" for key in ("product", "version", "address", "user")]
    gone = [*(f"storage.{one['name']}=" for one in now["storage"]), *(f"networks.{one['name']}=" for one in now["networks"]), "licence=",
            *(f"iqn.{one['host']}=" for one in now["members"] if one["host"] in hosts)]  # fmt: skip
    told = ask(
        "pool.set", name=name, master=master, add=sorted(hosts - set(now["hosts"])), drop=sorted(set(now["hosts"]) - hosts),
        set=[*words, *gone, *_lines(form.raw("words", longest=_LONGEST))], revision=form.text("revision", longest=5000) or None,
    )  # fmt: skip
    return elsewhere(_page(name), "good", f"The pool {told['name']} is changed", "What runs on its hosts is as it was.")


@route(blueprint, "/pools/<name>", methods=("DELETE",), verb="pool.remove")
def remove(name: str) -> Response:
    """Forget it."""
    form = filled("confirm", "revision")
    if form.text("confirm") != name:
        raise PxeserveError(f"{name} was not typed, so it is still there", fix="type its name to remove it")
    ask("pool.remove", name=name, revision=form.text("revision", longest=5000) or None)
    return elsewhere("/pools", "good", f"The pool {name} is removed; its hosts stay")


@route(blueprint, "/pools/<name>/secret", methods=("PUT",), verb="pool.secret")
def secret(name: str) -> Response:
    """Give a password of it."""
    form = filled("storage", "password", "again")
    password = form.twice("password", "again", longest=255)
    ask("pool.secret", name=name, password=password, storage=form.text("storage") or None)
    return elsewhere(_page(name), "good", "The password is kept, and shown by nothing" if password else "The password is forgotten")


@route(blueprint, "/pools/<name>/certificate", methods=("PUT",), verb="pool.trust")
def trust(name: str) -> Response:
    """Say by which certificate a host answers."""
    form = filled("host", "fingerprint")
    ask("pool.trust", name=name, host=form.needed("host", "The host"), fingerprint=form.text("fingerprint"))
    return elsewhere(_page(name), "good", "The certificate is kept: passwords go to no other")


@route(blueprint, "/pools/<name>/joins/<host>", methods=("POST",), verb="join.again")
def join_again(name: str, host: str) -> Response:
    """Take up a join that failed."""
    filled()
    told = ask("join.again", host=host)
    return elsewhere(_page(name), "good", f"{told['host']} is joined anew", "The worker looks first how far it came; this page follows it.")


@route(blueprint, "/pools/-/new", role=Role.OPERATOR)
def new() -> str:
    """The form for a new pool."""
    return render_template("pool_new.html")


def _under_way(name: str) -> dict[str, Any]:
    """The newest recoveries of a pool and joins to it. Of each host only its newest join can be taken up again."""
    recoveries = [one for one in ask("recover.list") if one["pool"] == name][:_NEWEST]
    joins = ask("join.list")
    newest = {one["host"]: one["id"] for one in reversed(joins)}
    mine = [{**one, "newest": newest[one["host"]] == one["id"]} for one in joins if one["pool"] == name]
    return {"recoveries": recoveries, "joins": mine[:_NEWEST]}


def _spelt(pool: Mapping[str, Any]) -> Iterator[str]:
    """Its storage, networks, IQNs and licence in the words that set them, a line each."""
    yield from (f"iqn.{one['host']}={one['iqn']}" for one in pool["members"] if one["iqn"])
    for one in pool["storage"]:
        said = {key: value for key, value in one.items() if value and key not in ("name", "shared")}
        for key, value in said.items():
            word = "yes" if value is True else f"[{', '.join(value)}]" if isinstance(value, list) else value
            yield f"storage.{one['name']}.{key}={word}"
    for one in pool["networks"]:
        yield f"networks.{one['name']}.device={one['device']}"
        if one["vlan"]:
            yield f"networks.{one['name']}.vlan={one['vlan']}"
    if pool["licence"]["edition"]:
        yield from (f"licence.{key}={value}" for key, value in pool["licence"].items() if value)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _hosts(text: str) -> list[str]:
    return [one.lower() for one in text.replace(",", " ").split()]


def _words(pool: Mapping[str, Any]) -> str:
    """What a search looks through."""
    storage = [word for one in pool["storage"] for word in (one["name"], one["kind"])]
    return " ".join((pool["name"], pool["product"], pool["version"], *pool["hosts"], *storage)).lower()


def _page(name: str) -> str:
    return f"/pools/{quote(name, safe='')}"
