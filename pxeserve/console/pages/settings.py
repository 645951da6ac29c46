"""Settings: the configuration in force with where each key was said, webhooks, the certificate, and the service's processes."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, render_template, request

from pxeserve.console.asking import ask
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.listing import listing
from pxeserve.console.pages.answers import said
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError

blueprint = Blueprint("settings", __name__)


@route(blueprint, "/settings", verb="settings.keys")
def settings() -> str:
    """All of it; keys as far as the search finds them."""
    wanted = listing("/settings", request.args, (), ("said",), size=1000)
    keys = ask("settings.keys")
    found = [one for one in keys if all(word.lower() in _words(one) for word in wanted.words)]
    if "said" in request.args:
        found = [one for one in found if one["origin"]]
    certificate, why = None, None
    try:
        certificate = ask("service.certificate")
    except PxeserveError as error:
        why = error
    return render_template(
        "settings.html", listing=wanted, sections=_by_section(found), only="said" in request.args,
        said=sum(bool(one["origin"]) for one in keys), status=ask("status"),
        processes=ask("service.processes"), certificate=certificate, why=why, hooks=ask("webhook.list"),
    )  # fmt: skip


@route(blueprint, "/settings/webhooks/<name>/test", methods=("POST",), role=Role.ADMIN)
def test(name: str) -> Response:
    """Post a message that tells of nothing."""
    filled()
    told = ask("webhook.test", name=name)
    if told["taken"]:
        return said("good", f"{name} took it: {told['text']}, after {told['seconds']} s")
    return said("bad", f"{name} did not take it: {told['text']}", "look at what answers there; events wait, and are posted again")


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
