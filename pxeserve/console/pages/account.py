"""One's own account: password, sessions, API tokens. Those of others are an administrator's page."""

from __future__ import annotations

from flask import Blueprint, Response, g, make_response, render_template

from pxeserve.accounts.tokens import MOST_DAYS, USUAL_DAYS
from pxeserve.console.asking import ask
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.pages.answers import elsewhere
from pxeserve.domain.role import Role

blueprint = Blueprint("account", __name__)
_DAYS = (1, 7, 30, USUAL_DAYS, 180, MOST_DAYS)


@route(blueprint, "/account", role=Role.VIEWER)
def account() -> str:
    """What is one's own."""
    return render_template(
        "account.html",
        sessions=ask("session.list", user=g.actor.user),
        tokens=ask("token.list", user=g.actor.user),
        roles=[(role.word, role.word) for role in Role if role <= g.actor.role],
        days=[(str(count), "1 day" if count == 1 else f"{count} days") for count in _DAYS],
        usual=str(USUAL_DAYS),
    )


@route(blueprint, "/account/sessions/<id>/end", methods=("POST",), verb="session.end")
def end(id: str) -> Response:
    """End one of them."""
    filled()
    told = ask("session.end", id=id)
    return elsewhere("/account", "good", f"session {told['ended']} has ended")


@route(blueprint, "/account/sessions/end", methods=("POST",), verb="session.end-all")
def end_all() -> Response:
    """End all but this one."""
    filled()
    told = ask("session.end-all", user=g.actor.user)
    return elsewhere("/account", "good", f"{told['ended']} other sessions have ended")


@route(blueprint, "/account/tokens", methods=("POST",), verb="token.create")
def create() -> Response:
    """Make a token, and show it: this once."""
    form = filled("name", "role", "days", "hosts", "racks", "unattended")
    told = ask(
        "token.create",
        name=form.needed("name", "What the token is for"),
        role=form.needed("role", "A role"),
        user=g.actor.user,
        days=form.number("days") or USUAL_DAYS,
        hosts=form.text("hosts").replace(",", " ").split(),
        racks=[rack.strip() for rack in form.text("racks").split(",") if rack.strip()],
        unattended=form.ticked("unattended"),
    )
    return make_response(render_template("parts/token.html", made=told))


@route(blueprint, "/account/tokens/<id>/revoke", methods=("POST",), verb="token.revoke")
def revoke(id: str) -> Response:
    """Make one of them worth nothing."""
    filled()
    told = ask("token.revoke", id=id)
    return elsewhere("/account", "good", f"token {told['id']} opens nothing any more")
