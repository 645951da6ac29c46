"""The one gate of the console: whoever has not passed it sees nothing, and a route that does not say who may pass cannot be made.

In this order: by which name we are asked, whether there is any account yet, who asks, whether they may, whether a page of ours made the
request, and how much they may send. All of it comes before any byte of a body is read. Refuses to know what a route does.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, Literal, TypeVar

from flask import Blueprint, Flask, Response, g, redirect, request

from pxeserve.config import Config
from pxeserve.console import csrf, limits
from pxeserve.console.forwarded import peer
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.events.recorder import Recorder
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from pxeserve.operations.people.entrance import Entrance
from pxeserve.operations.within import refuse_beyond
from pxeserve.store import Store

PUBLIC: Final = "public"
"""Of a route that everybody may ask for, without any session."""

Who = Role | Literal["public"]
View = TypeVar("View", bound=Callable[..., Any])
_JSON = ("application/json",)
_BEARER = "Bearer "


class UnguardedError(RuntimeError):
    """A route that does not say who may ask for it, or says what cannot be: the service does not start with it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route said of itself. `body` is the most bytes of a request's body, `kinds` the media types that one may have; `early` whether
    it answers before the first account is made."""

    who: Who | None
    verb: str | None
    body: int
    kinds: tuple[str, ...]
    early: bool


def route(
    blueprint: Blueprint,
    path: str,
    *,
    methods: tuple[str, ...] = ("GET",),
    role: Who | None = None,
    verb: str | None = None,
    body: int = limits.MOST_BODY,
    kinds: tuple[str, ...] = _JSON,
    early: bool = False,
    endpoint: str | None = None,
) -> Callable[[View], View]:
    """Put a view at `path`, for whoever has `role`, or may ask for the operation `verb`: one of the two has to be said.

    A view may stand at more than one path; each is a route of its own with an `endpoint` of its own name.
    """
    rule = Rule(role, verb, body, kinds, early)

    def put(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            return view(*args, **kwargs)

        guarded.gate = rule  # type: ignore[attr-defined]
        name = endpoint or view.__name__
        blueprint.add_url_rule(path, name, guarded, methods=list(methods), provide_automatic_options=False)
        return view

    return put


def rules_of(app: Flask) -> dict[str, Rule]:
    """What each endpoint of `app` said of itself, with the role of its verb filled in. Raises UnguardedError."""
    found: dict[str, Rule] = {}
    for one in app.url_map.iter_rules():
        rule: Rule | None = getattr(app.view_functions[one.endpoint], "gate", None)
        if rule is None or (rule.who is None) == (rule.verb is None):
            raise UnguardedError(f"{one.rule} ({one.endpoint}) does not say who may ask for it: role=... or verb=...")
        found[one.endpoint] = _settled(rule, one.rule, one.methods or set())
    return found


def _settled(rule: Rule, path: str, methods: set[str]) -> Rule:
    if rule.verb is None:
        return rule
    asked = registry.verbs().get(rule.verb)
    if asked is None:
        raise UnguardedError(f"{path}: there is no operation {rule.verb}")
    if asked.changes and methods & csrf.SAFE:
        raise UnguardedError(f"{path}: a GET must not ask for {rule.verb}, which changes something")
    return Rule(asked.role, rule.verb, rule.body, rule.kinds, rule.early)


@dataclass(frozen=True, slots=True)
class Gate:
    """The gate of one application."""

    config: Config
    store: Store
    recorder: Recorder | None
    entrance: Entrance
    rules: Mapping[str, Rule]
    known: frozenset[str]

    def install(self, app: Flask) -> None:
        """Stand in front of all that `app` does."""
        app.before_request(self.check)

    def check(self) -> Response | None:
        """Let this request in as `g.actor`, with `g.context`; an answer where it is sent elsewhere. Raises PxeserveError."""
        g.request_id = secrets.token_hex(8)
        rule = self.rules.get(request.endpoint or "")
        if _asked_by() not in self.known:
            fix = "ask by a name of this console; [console] names adds one"
            raise PxeserveError("this server is not known by the name in the request's Host header", code="misdirected", fix=fix)
        if not (rule is not None and rule.early) and not self.entrance.is_set_up():
            return _to_setup()
        who = self._who()
        if who is None and (rule is None or rule.who != PUBLIC):
            fix = "log in, or send a token: Authorization: Bearer ..."
            raise PxeserveError("nobody is logged in here", code="unauthenticated", fix=fix)
        if rule is None:
            return None  # there is no such route, which the router says better
        self._admit(rule, who)
        return None

    def _who(self) -> Actor | None:
        """Whoever asks; None for a stranger. Raises PxeserveError for one who says two things, or holds a token that is none."""
        address = peer(request.remote_addr or "", request.headers.getlist("X-Forwarded-For"), self.config.console.trusted_proxies)
        sessions, said = request.cookies.getlist(csrf.COOKIE), request.headers.get("Authorization")
        g.address, g.session = address, ""
        if said is None:
            if len(sessions) != 1 or not sessions[0].isascii():
                return None
            found = self.entrance.by_session(sessions[0], address)
            g.session = sessions[0] if found is not None else ""
            return found
        if sessions:
            raise PxeserveError("the request has both a session and a token", code="malformed", fix="send one of the two")
        token = said.removeprefix(_BEARER).strip()
        found = self.entrance.by_token(token, address) if said.startswith(_BEARER) and token.isascii() and token else None
        if found is None:
            raise PxeserveError("the token is not known here, or is over", code="unauthenticated", fix="pxeserve token create makes one")
        return found

    def _admit(self, rule: Rule, actor: Actor | None) -> None:
        context = Context(self.config, self.store, actor, lambda _: None, self.recorder, g.request_id) if actor is not None else None
        if actor is not None:
            refuse_beyond(actor, rule.verb)
        if isinstance(rule.who, Role):
            assert context is not None
            registry.admit_role(context, rule.verb or f"{request.method} {request.url_rule}", rule.who)
        if request.method not in csrf.SAFE:
            self._check_origin(rule, actor)
        elif request.content_length:
            raise PxeserveError(f"a {request.method} has no body", code="malformed")
        if (request.content_length or 0) > rule.body:
            raise PxeserveError(f"the body is longer than the {rule.body} bytes that this address takes", code="too-large")
        request.max_content_length = rule.body
        g.actor = actor
        if context is not None:
            g.context = context

    def _check_origin(self, rule: Rule, actor: Actor | None) -> None:
        has_body = bool(request.content_length) or request.headers.get("Transfer-Encoding") is not None
        with_token = actor is not None and actor.kind == "token"
        if has_body or not with_token:
            csrf.check_kind(request.headers.get("Content-Type", ""), rule.kinds)
        if with_token:
            return
        csrf.check_origin(request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site"), request.host.lower())
        if g.session:
            csrf.check_word(request.headers.get(csrf.HEADER), g.session)


def _asked_by() -> str:
    """The name by which we are asked: what Host says, and nothing for one that is not there, or where the target names a host of its own
    (RFC 9112 section 3.2)."""
    return request.headers.get("Host", "").lower() if request.environ.get("RAW_URI", "/").startswith(("/", "*")) else ""


def _to_setup() -> Response:
    if request.path.startswith(("/api/", "/live")) or request.method not in csrf.SAFE:
        fix = "open the console in a browser, or make the first account here: pxeserve init"
        raise PxeserveError("this server is not set up: there is no account yet", code="not-set-up", fix=fix)
    return redirect("/setup", 303)  # type: ignore[return-value]
