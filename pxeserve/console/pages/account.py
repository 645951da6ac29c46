"""One's own account: password, sessions, API tokens. Those of others are an administrator's page."""

from __future__ import annotations

from flask import Blueprint, Response, g, make_response, render_template

from pxeserve.accounts.tokens import USUAL_DAYS
from pxeserve.console.asking import ask
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.pages.answers import elsewhere
from pxeserve.console.pages.token_wishes import DAYS, wished
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError

blueprint = Blueprint("account", __name__)


@route(blueprint, "/account", role=Role.VIEWER)
def account() -> str:
    """What is one's own."""
    return render_template(
        "account.html",
        sessions=ask("session.list", user=g.actor.user),
        tokens=ask("token.list", user=g.actor.user),
        roles=[(role.word, role.word) for role in Role if role <= g.actor.role],
        days=DAYS,
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
    return make_response(render_template("parts/token.html", made=ask("token.create", user=g.actor.user, **wished())))


@route(blueprint, "/account/tokens/revoke", methods=("POST",), verb="token.revoke-all")
def revoke_all() -> Response:
    """Make all of them worth nothing."""
    if filled("confirm").text("confirm") != g.actor.user:
        raise PxeserveError(f"{g.actor.user} was not typed, so your tokens are good as before", fix="type your name to revoke them")
    told = ask("token.revoke-all", user=g.actor.user)
    return elsewhere("/account", "good", f"{told['revoked']} tokens open nothing any more")


@route(blueprint, "/account/tokens/<id>/revoke", methods=("POST",), verb="token.revoke")
def revoke(id: str) -> Response:
    """Make one of them worth nothing."""
    filled()
    told = ask("token.revoke", id=id)
    return elsewhere("/account", "good", f"token {told['id']} opens nothing any more")
