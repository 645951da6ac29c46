"""Users and tokens, for administrators: accounts with their roles, sessions and tokens. One's own are at `account`."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, make_response, render_template, request

from pxeserve.accounts.tokens import USUAL_DAYS
from pxeserve.console.asking import ask
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.listing import listing
from pxeserve.console.pages.answers import elsewhere
from pxeserve.console.pages.token_wishes import DAYS, wished
from pxeserve.domain.role import WORDS, Role
from pxeserve.errors import PxeserveError

blueprint = Blueprint("users", __name__)
_SORTS = {"name": lambda one: one["name"], "role": lambda one: WORDS.index(one["role"]), "entered": lambda one: one["entered_at"] or 0.0}
_MAY = {
    "viewer": "sees everything but secrets", "operator": "arms and cancels, edits hosts, profiles, media and scripts",
    "admin": "all of it, and users, tokens and the audit",
}  # fmt: skip
ROLES = [(word, f"{word}: {_MAY[word]}") for word in WORDS]
_LONGEST = 1024


@route(blueprint, "/users", verb="user.list")
def users() -> str:
    """All accounts, and all tokens."""
    wanted = listing("/users", request.args, _SORTS, sort="name")
    everybody = ask("user.list")
    counted, shown = wanted.shown(everybody, _SORTS, _words)
    tokens = wanted.found(ask("token.list"), _token_words)
    return render_template("users.html", listing=counted, users=shown, tokens=tokens[:200], roles=ROLES)


@route(blueprint, "/users", methods=("POST",), verb="user.add")
def add() -> Response:
    """Make one."""
    form = filled("name", "role", "password", "again")
    name, role = form.needed("name", "A name"), form.needed("role", "A role")
    told = ask("user.add", name=name, role=role, password=form.twice("password", "again", longest=_LONGEST))
    return elsewhere(_page(told["name"]), "good", f"{told['name']} is there, as {told['role']}")


@route(blueprint, "/users/<name>", verb="user.show")
def user(name: str) -> str:
    """One account, with its sessions and tokens."""
    found = ask("user.show", name=name)
    return render_template(
        "user.html", user=found, roles=ROLES, may=_MAY, sessions=ask("session.list", user=found["name"]),
        tokens=ask("token.list", user=found["name"]), days=DAYS, usual=str(USUAL_DAYS),
        token_roles=[(word, word) for word in WORDS if WORDS.index(word) <= WORDS.index(found["role"])],
    )  # fmt: skip


@route(blueprint, "/users/<name>/role", methods=("POST",), verb="user.set-role")
def set_role(name: str) -> Response:
    """Give it another role."""
    told = ask("user.set-role", name=name, role=filled("role").needed("role", "A role"))
    return elsewhere(_page(name), "good", f"{told['name']} is {told['role']} now; {_ended(told['ended'])}")


@route(blueprint, "/users/<name>/password", methods=("POST",), verb="user.password")
def set_password(name: str) -> Response:
    """Give it another password."""
    told = ask("user.password", name=name, password=filled("password", "again").twice("password", "again", longest=_LONGEST))
    left = f"{told['tokens']} tokens of it are good as before" if told["tokens"] else ""
    return elsewhere(_page(name), "good", f"{told['name']} has another password; {_ended(told['ended'])}", left)


@route(blueprint, "/users/<name>/disable", methods=("POST",), verb="user.disable")
def disable(name: str) -> Response:
    """Let nobody in by it."""
    filled("confirm")
    told = ask("user.disable", name=name)
    return elsewhere(_page(name), "good", f"{told['name']} lets nobody in any more; {_ended(told['ended'])}")


@route(blueprint, "/users/<name>/enable", methods=("POST",), verb="user.enable")
def enable(name: str) -> Response:
    """The reverse."""
    filled()
    return elsewhere(_page(name), "good", f"{ask('user.enable', name=name)['name']} lets in again")


@route(blueprint, "/users/<name>", methods=("DELETE",), verb="user.remove")
def remove(name: str) -> Response:
    """Forget it."""
    if filled("confirm").text("confirm") != name:
        raise PxeserveError(f"{name} was not typed, so it is still there", fix="type its name to remove it")
    ask("user.remove", name=name)
    return elsewhere("/users", "good", f"{name} is removed; what the audit tells of it is kept")


@route(blueprint, "/users/<name>/tokens", methods=("POST",), verb="token.create")
def create_token(name: str) -> Response:
    """Make a token of it, and show that: this once."""
    return make_response(render_template("parts/token.html", made=ask("token.create", user=name, **wished()), back=_page(name)))


@route(blueprint, "/users/<name>/tokens/<id>/revoke", methods=("POST",), verb="token.revoke")
def revoke(name: str, id: str) -> Response:
    """Make one worth nothing."""
    filled("confirm")
    return elsewhere(_page(name), "good", f"token {ask('token.revoke', id=id)['id']} opens nothing any more")


@route(blueprint, "/users/<name>/tokens/revoke", methods=("POST",), role=Role.ADMIN)
def revoke_all(name: str) -> Response:
    """Make all of them worth nothing."""
    if filled("confirm").text("confirm") != name:
        raise PxeserveError(f"{name} was not typed, so its tokens are good as before", fix="type its name to revoke them")
    return elsewhere(_page(name), "good", f"{ask('token.revoke-all', user=name)['revoked']} tokens of {name} open nothing any more")


@route(blueprint, "/users/<name>/sessions/<id>/end", methods=("POST",), role=Role.ADMIN)
def end_session(name: str, id: str) -> Response:
    """End one of its sessions."""
    filled()
    ask("session.end", id=id)
    return elsewhere(_page(name), "good", f"a session of {name} has ended")


@route(blueprint, "/users/<name>/sessions/end", methods=("POST",), role=Role.ADMIN)
def end_sessions(name: str) -> Response:
    """End all of them."""
    filled()
    return elsewhere(_page(name), "good", _ended(ask("session.end-all", user=name)["ended"]))


def _ended(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'} ended"


def _page(name: str) -> str:
    return f"/users/{quote(name.lower(), safe='')}"


def _token_words(token: dict[str, Any]) -> str:
    return f"{token['user']} {token['name']} {token['id']}".lower()


def _words(user: dict[str, Any]) -> str:
    return " ".join((user["name"], user["role"], "disabled" if user["disabled"] else "")).lower()
