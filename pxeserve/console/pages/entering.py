"""The way in and out for browsers: the first account, log-in, the password once more, log-out. Programs have tokens instead.

All of it is JSON that pages of ours send; what opens the session goes into the cookie and nowhere else. Refuses to know what makes a
password right (`accounts.reception`).
"""

from __future__ import annotations

from typing import Any, TypeVar

from flask import Blueprint, Response, current_app, g, jsonify, redirect, render_template, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pxeserve.accounts.reception import Entered, Reception
from pxeserve.console import csrf
from pxeserve.console.gate import PUBLIC, route
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError

blueprint = Blueprint("entering", __name__)
_BODY = 16 << 10
"""Bytes: a password of 1,024, each of them escaped, and a name."""


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class LogIn(_Asked):
    name: str = Field(max_length=200)
    password: str


class SetUp(_Asked):
    code: str = Field(max_length=200)
    name: str = Field(max_length=200)
    password: str


class Confirm(_Asked):
    password: str


class Change(_Asked):
    password: str
    new: str


Form = TypeVar("Form", bound=_Asked)


@route(blueprint, "/login", role=PUBLIC)
def login() -> Any:
    """The page to log in at; whoever is in goes on."""
    onward = _onward(request.args.get("next", "/"))
    return redirect(onward, 303) if g.actor is not None else render_template("login.html", onward=onward)


@route(blueprint, "/setup", role=PUBLIC, early=True)
def setup() -> Any:
    """The page that makes the first account; there is none once it is made."""
    return redirect("/login", 303) if _reception().is_set_up() else render_template("setup.html")


@route(blueprint, "/setup", methods=("POST",), role=PUBLIC, early=True, body=_BODY, endpoint="set_up")
def set_up() -> Response:
    """Make it, by the code that lies on the server."""
    asked = _form(SetUp)
    return _let_in(_reception().set_up(asked.code, asked.name, asked.password, g.address, _agent()))


@route(blueprint, "/session", methods=("POST",), role=PUBLIC, body=_BODY)
def begin() -> Response:
    """Log in."""
    asked = _form(LogIn)
    before = request.cookies.get(csrf.COOKIE, "")
    return _let_in(_reception().log_in(asked.name, asked.password, g.address, _agent(), before=before))


@route(blueprint, "/session/confirm", methods=("POST",), role=Role.VIEWER, body=_BODY)
def confirm() -> Response:
    """The password once more, for what wants a fresh one. Cookie and word stay, so that other windows of the browser go on."""
    _reception().confirm(_session(), _form(Confirm).password, g.address)
    return jsonify({"user": g.actor.name, "role": g.actor.role.word, "csrf": csrf.word(g.session)})


@route(blueprint, "/session/password", methods=("POST",), role=Role.VIEWER, body=_BODY)
def change_password() -> Response:
    """Another password; all other sessions of this account end."""
    asked = _form(Change)
    return _let_in(_reception().change_password(_session(), asked.password, asked.new, g.address))


@route(blueprint, "/session", methods=("DELETE",), role=Role.VIEWER)
def end() -> Response:
    """Log out."""
    _reception().log_out(_session(), g.address)
    response = Response(status=204)
    response.delete_cookie(csrf.COOKIE, **csrf.FLAGS)  # type: ignore[arg-type]
    return response


def _let_in(entered: Entered) -> Response:
    user = entered.user
    response = jsonify({"user": user.name, "role": user.role.word, "csrf": csrf.word(entered.secret)})
    response.set_cookie(csrf.COOKIE, entered.secret, **csrf.FLAGS)  # type: ignore[arg-type]
    return response


def _form(kind: type[Form]) -> Form:
    """The body as `kind`. Raises PxeserveError that names the field."""
    try:
        return kind.model_validate(request.get_json())
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise PxeserveError(f"{where[:100]}: {first['msg'].lower()}") from None


def _session() -> str:
    if not g.session:
        raise PxeserveError("a token has no session", code="refused", fix="log in with a browser")
    return str(g.session)


def _reception() -> Reception:
    found: Reception = current_app.extensions["reception"]
    return found


def _agent() -> str:
    return request.headers.get("User-Agent", "")


def _onward(path: str) -> str:
    """A place of this console, whatever was asked for: never one that a browser reads as another host."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"
