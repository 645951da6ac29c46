"""What is computed for machines: answerfiles, scripts, progress reports, and a page of a medium's files for people.

A token in the path is all the authority there is; every refusal is the same 404. Refuses to know sockets, and never builds a URL
from what a client says about itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Protocol

import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from pxeserve.handout import names
from pxeserve.handout.answer import Refused, Who
from pxeserve.installs.delivery import STAGES, is_report
from pxeserve.installs.logs import Kept
from pxeserve.provision import booting
from pxeserve.provision.bodies import MAX_LOG
from pxeserve.provision.booting import Boots
from pxeserve.provision.first_boot import FirstBoots, add_routes
from pxeserve.provision.journal import BootFile
from pxeserve.provision.listing import Entry
from pxeserve.provision.page import POLICY, page
from pxeserve.provision.reply import NOT_FOUND
from pxeserve.provision.wsgi import LOCAL, REACHED

_log = structlog.get_logger("provision")


class Delivery(Protocol):
    """One answerfile about to be delivered."""

    @property
    def body(self) -> bytes:
        """All of its bytes."""
        ...

    @property
    def install_id(self) -> str:
        """Whose it is."""
        ...

    def commit(self) -> bool:
        """Consume the install, durably. False: the last byte must not be sent."""
        ...


class Record(Protocol):
    """Where it is told what was handed out; `journal.Journal` is one."""

    def answerfile(self, address: str, install: str, outcome: str, sent: int) -> None: ...
    def answerfile_missed(self, address: str) -> None: ...
    def script(self, address: str, name: str, size: int) -> None: ...
    def progress(self, address: str, stage: str) -> None: ...
    def log(self, address: str, kept: Kept) -> None: ...
    def boot(self, one: BootFile, who: Who) -> None: ...
    def count(self, reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Acts:
    """The acts on installs, each with the token, what it is for, the peer's address and epoch seconds. None or False: refused. `serial`
    takes the serial number that the installer's machine says behind a report; `first_boots` takes what installed hosts say."""""

    deliver: Callable[[str, IPv4Address, float], Delivery | None]
    script: Callable[[str, str, IPv4Address, float], bytes | None]
    progress: Callable[[str, str, IPv4Address, float], bool]
    log: Callable[[str, str, bytes, IPv4Address, float], Kept | None] = lambda *_: None
    serial: Callable[[str, str, IPv4Address, float], None] = lambda *_: None
    first_boots: FirstBoots | None = None


@dataclass(frozen=True, slots=True)
class Services:
    """What the routes ask. `listing` gives what is in a folder of a medium, or None when it has none; `clock` gives epoch
    seconds."""

    acts: Acts
    listing: Callable[[str, str], Sequence[Entry] | None]
    record: Record
    boots: Boots | None = None
    clock: Callable[[], float] = time.time


def make_app(services: Services) -> Flask:
    """The application. Its routes are all that a machine can ask besides media files."""
    app = Flask("pxeserve.provision", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_LOG   # what is not a log was bounded to less when its head was read
    app.url_map.strict_slashes = False   # no redirect: its Location would be built from what the client says
    app.url_map.merge_slashes = False

    @app.get("/a/<token>")
    def answerfile(token: str) -> Response:
        delivery = None if request.method == "HEAD" else services.acts.deliver(token, _peer(), services.clock())
        if delivery is None:
            services.record.count("answerfile-404")
            if request.method != "HEAD":
                services.record.answerfile_missed(str(_peer()))
            return _not_found()
        return _held_back(delivery, services.record)

    @app.get("/s/<token>/<name>")
    def script(token: str, name: str) -> Response:
        content = None if request.method == "HEAD" else services.acts.script(token, name, _peer(), services.clock())
        if content is None:
            services.record.count("script-404")
            return _not_found()
        services.record.script(str(_peer()), name, len(content))
        return Response(content, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})

    @app.route("/p/<token>/<stage>", methods=["GET", "POST"])  # the RAM disks of old installers have only GET
    def progress(token: str, stage: str) -> Response:
        known = request.method != "HEAD" and is_report(stage)
        if not known or not services.acts.progress(token, stage, _peer(), services.clock()):
            services.record.count("progress-404")
            return _not_found()
        if stage in STAGES:   # how a script ended stands in the record beside its install
            services.record.progress(str(_peer()), stage)
        if number := request.args.get("serial"):
            services.acts.serial(token, number, _peer(), services.clock())
        return Response(status=204, headers={"Cache-Control": "no-store"})

    @app.post("/p/<token>/<stage>.log")
    def log(token: str, stage: str) -> Response:
        kept = services.acts.log(token, stage, request.get_data(cache=False), _peer(), services.clock()) if stage in STAGES else None
        if kept is None:
            services.record.count("log-404")
            return _not_found()
        if kept.fresh:
            services.record.log(str(_peer()), kept)
        return Response(status=204, headers={"Cache-Control": "no-store"})

    def unheard() -> Response:
        services.record.count("first-boot-404")
        return _not_found()

    if services.acts.first_boots is not None:
        add_routes(app, services.acts.first_boots, _peer, services.clock, unheard)

    @app.get("/healthz")
    def health() -> Response:
        return _text("ok\n")

    @app.get("/")
    def home() -> Response:
        return _text("Machines fetch their installation from here.\n")

    @app.get("/media/<medium>/", defaults={"folder": ""})
    @app.get("/media/<medium>/<path:folder>/")
    def files(medium: str, folder: str) -> Response:
        entries = services.listing(medium, folder) if request.path.endswith("/") else None
        if entries is None:
            return _not_found()
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache", "Referrer-Policy": "no-referrer"}
        return Response(page(medium, folder, entries), content_type="text/html; charset=utf-8", headers=headers)

    @app.get("/<path:name>")
    def boot(name: str) -> Response:
        """Everything else is a name of a network boot: loaders, menus, and what is not sent as it lies."""
        if services.boots is None:
            return _not_found()
        began = time.monotonic()
        said = f"?{request.query_string.decode('latin-1')}"
        asked = name + said if said.startswith(names.SAYS) else name
        answer = services.boots.resolve(request.environ[LOCAL], asked, str(_peer()), services.clock())
        short = names.read(name).name
        if isinstance(answer, Refused):
            services.record.boot(BootFile(str(_peer()), short, "not-found", 0, 0.0, answer.rule), answer.who)
            status = booting.refused(answer)
            return _not_found() if status == 404 else _text("server trouble\n", status)
        if request.method == "HEAD":
            services.record.count("boot-head")
        else:
            seconds = time.monotonic() - began
            services.record.boot(BootFile(str(_peer()), short, "done", answer.size, seconds, answer.rule), answer.who)
        return booting.response(answer)

    @app.errorhandler(HTTPException)
    def unknown(error: HTTPException) -> Response:
        return _not_found() if error.code in (404, 405, 308) else _text(f"{error.name}\n".lower(), error.code or 500)

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        _log.error("a request failed", route=str(request.url_rule or "none"), peer=request.remote_addr, error=type(error).__name__)
        services.record.count("failed")
        return _not_found() if request.path.startswith(("/a/", "/s/", "/p/", "/fb/")) else _text("internal server error\n", 500)

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return app


def _held_back(delivery: Delivery, record: Record) -> Response:
    """The whole answerfile but its last meaning byte; then, when that was received, the commit; then the rest.

    Held back from the last byte that is no white space, so that what a client has if we die before the commit is never well-formed.
    """
    body = delivery.body
    split = max(len(body.rstrip()) - 1, 0)
    address = str(_peer())
    reached: Callable[[], bool] = request.environ[REACHED]

    def chunks() -> Iterator[bytes]:
        outcome, sent = "cut", 0
        try:
            yield body[:split]
            sent = split
            if not reached():
                return
            if not delivery.commit():
                outcome = "refused"
                return
            outcome = "committed"
            yield body[split:]
            outcome, sent = "delivered", len(body)
        finally:
            record.answerfile(address, delivery.install_id, outcome, sent)

    response = Response(chunks(), content_type="text/xml", headers={"Cache-Control": "no-store"})
    response.content_length = len(body)
    return response


def _peer() -> IPv4Address:
    return IPv4Address(request.remote_addr or "0.0.0.0")  # noqa: S104 - nobody's address, when there is no socket


def _not_found() -> Response:
    return _text(NOT_FOUND.decode(), 404)


def _text(text: str, status: int = 200) -> Response:
    return Response(text, status, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})
