"""Settings: the configuration in force with where each key was said, webhooks, the certificate, and the service's processes."""

from __future__ import annotations

import json
import time
from typing import Any

from flask import Blueprint, Response, render_template, request

from pxeserve.certificates import LARGEST
from pxeserve.console.asking import ask
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.listing import listing
from pxeserve.console.pages.answers import elsewhere, said
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError

blueprint = Blueprint("settings", __name__)


@route(blueprint, "/settings", verb="settings.keys")
def settings() -> str:
    """All of it; keys as far as the search finds them."""
    wanted = listing("/settings", request.args, (), ("said",), size=1000)
    keys = ask("settings.keys")
    found = wanted.found(keys, _words)
    if "said" in request.args:
        found = [one for one in found if one["origin"]]
    certificate, why = None, None
    try:
        certificate = ask("tls.show")
    except PxeserveError as error:
        why = error
    return render_template(
        "settings.html", listing=wanted, sections=_by_section(found), only="said" in request.args,
        said=sum(bool(one["origin"]) for one in keys), status=ask("status"),
        processes=ask("service.processes"), certificate=certificate, why=why,
        left=certificate["ends"] - time.time() if certificate else 0.0, hooks=ask("webhook.list"),
    )  # fmt: skip


@route(blueprint, "/settings/webhooks/<name>/test", methods=("POST",), role=Role.ADMIN)
def test(name: str) -> Response:
    """Post a message that tells of nothing."""
    filled()
    told = ask("webhook.test", name=name)
    if told["taken"]:
        return said("good", f"{name} took it: {told['text']}, after {told['seconds']} s")
    return said("bad", f"{name} did not take it: {told['text']}", "look at what answers there; events wait, and are posted again")


@route(blueprint, "/settings/tls", methods=("POST",), verb="tls.import", body=1 << 20)
def bring() -> Response:
    """Serve with another certificate."""
    form = filled("certificate", "key")
    told = ask("tls.import", certificate=form.raw("certificate", longest=LARGEST), key=form.raw("key", longest=LARGEST))
    return elsewhere("/settings", "good", f"The console serves with {', '.join(told['names'])} from now on", "load the page anew to see it")


@route(blueprint, "/settings/tls", methods=("DELETE",), verb="tls.forget")
def forget() -> Response:
    """Go back to the self-made one."""
    filled("confirm")
    ask("tls.forget")
    return elsewhere("/settings", "good", "The console serves with the certificate that it made itself")


def _by_section(keys: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in keys:
        found.setdefault(one["section"], []).append({**one, "value": _spelt(one["value"]), "default": _spelt(one["default"])})
    return found


def _spelt(value: Any) -> str:
    """As TOML spells it, about."""
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _words(key: dict[str, Any]) -> str:
    """What a search looks through."""
    return f"{key['key']} {_spelt(key['value'])} {key['description']} {key['origin'] or ''}".lower()
