"""The command line's own route: it drives a server that is not on its machine by the names of verbs, as it does on its own through the
admin socket. Token only.

A line of JSON a message, in the words of `wire`: `progress` and `item` as they come, then one `result` or `error`. Since the answer has
begun by then, what the verb refuses is told in a line too, with its `code`.
"""

from __future__ import annotations

import json
import queue
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import structlog
from flask import Blueprint, Response, g, request, stream_with_context
from pydantic import Field

from pxeserve.console.api import reading
from pxeserve.console.api.route import BASE
from pxeserve.console.api.shape import Answer, Body, Open
from pxeserve.console.gate import route as guarded
from pxeserve.console.incidents import IncidentError
from pxeserve.console.limits import MOST_BODY
from pxeserve.domain.role import Role
from pxeserve.errors import NotFoundError, PxeserveError, RefusedError
from pxeserve.operations import registry
from pxeserve.operations.context import Context, Progress
from pxeserve.wire import error_message

blueprint = Blueprint("verbs", __name__, url_prefix=BASE)
NDJSON = "application/x-ndjson"
LARGEST = 36 << 20
"""Bytes of a request: a site's whole declaration goes through, as it does through the admin socket."""
IN_ALL = 64
OF_ONE = 16
"""Verbs at work at once: of everybody, and of one token. Each has a thread of the listener's as well, and some go on until the asker
leaves."""
_STEPS = 200
_BEHIND = 256
"""Messages that may wait for a slow reader; the verb waits then too."""
_PATIENCE = 60.0
_SIGN = 15.0
"""Seconds of silence after which an empty line is sent."""

ELSEWHERE = {"upload.send": f"PUT {BASE}/uploads/NAME", "backup.add": f"PUT {BASE}/pools/NAME/backups"}
"""Verbs that take what no JSON holds."""

log = structlog.get_logger("console")


class Arguments(Body):
    """What the verb is asked with."""

    arguments: Open = Field({}, description="By their names, as the verb takes them.")


class Message(Answer):
    """One line of the answer: one of these."""

    progress: Open | None = Field(None, description="`done` of `total`, and `text`.")
    item: Any = Field(None, description="One item of a verb that gives one after another.")
    result: Any = Field(None, description="What came of it; the last line.")
    error: Open | None = Field(None, description="`message`, `code` and `fix`; the last line.")


SCHEMAS = (("arguments", Arguments), ("message", Message))


@guarded(blueprint, "/verbs/<name>", methods=("POST",), role=Role.VIEWER, body=LARGEST)
def verb(name: str) -> Response:
    """Carry out `name`, and tell how it goes."""
    context: Context = g.context
    if context.actor.kind != "token":
        raise RefusedError("this is the command line's own route", code="forbidden", fix="send a token; pages have routes of their own")
    asked = registry.verbs().get(name)
    if name in ELSEWHERE:
        raise NotFoundError(f"{name} is not asked for by its name", fix=f"it is {ELSEWHERE[name]}")
    if asked is None:
        raise NotFoundError(f"there is no operation {name}", fix="the command line and the server may be of two releases")
    registry.admit(context, asked)
    if asked.role < Role.OPERATOR:
        request.max_content_length = MOST_BODY  # as at the routes for it
    arguments = reading.body(Arguments, request.get_data())["arguments"]
    lines: queue.Queue[dict[str, Any] | None] = queue.Queue(_BEHIND)
    gone = threading.Event()
    _begin(context, name, arguments, lines, gone)
    response = Response(stream_with_context(_told(lines, gone)), mimetype=NDJSON)
    response.call_on_close(gone.set)
    return response


class AtWork:
    """How many verbs are at work, and whose they are. Safe among threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: Counter[str] = Counter()

    def begin(self, key: str) -> None:
        """One more of `key`. Raises PxeserveError where there are too many."""
        with self._lock:
            if self._of[key] >= OF_ONE:
                raise PxeserveError(f"{OF_ONE} operations of one token are at work", code="too-many", fix="wait until one has ended")
            if self._of.total() >= IN_ALL:
                raise PxeserveError("too many operations are at work", code="busy", fix="ask again in a moment")
            self._of[key] += 1

    def end(self, key: str) -> None:
        """One less."""
        with self._lock:
            self._of[key] -= 1
            self._of += Counter()  # forgets those that have none


_at_work = AtWork()


def _begin(context: Context, name: str, arguments: dict[str, Any], lines: Any, gone: threading.Event) -> None:
    """Have the verb carried out by a thread of its own, so that its progress can leave while it works."""

    def say(message: dict[str, Any]) -> None:
        if gone.is_set():
            raise ConnectionError("the asker is gone")
        try:
            lines.put(message, timeout=_PATIENCE)
        except queue.Full:
            raise ConnectionError("the asker does not read") from None

    _at_work.begin(context.actor.key)
    threading.Thread(target=_carry_out, args=(context, name, arguments, say, lines), daemon=True).start()


def _told(lines: Any, gone: threading.Event) -> Iterator[bytes]:
    """What is said of it, as it comes."""
    try:
        while True:
            try:
                message = lines.get(timeout=_SIGN)
            except queue.Empty:
                yield b"\n"  # a sign of life, and the way to notice that nobody is there any more
                continue
            if message is None:
                return
            yield json.dumps(message, default=str).encode() + b"\n"
    finally:
        gone.set()
        while not lines.empty():
            lines.get_nowait()


def _carry_out(context: Context, name: str, arguments: dict[str, Any], say: Any, lines: Any) -> None:
    try:
        result = registry.call(replace(context, report=_reporter(say)), name, arguments)
        if isinstance(result, Iterator):
            for item in result:
                say({"item": item})
            result = None
        say({"result": result})
    except ConnectionError:
        log.info("whoever asked is gone", verb=name, actor=context.actor.name)
    except PxeserveError as error:
        _last(lines, error_message(error))
    except Exception:
        met = IncidentError("operation")
        log.exception("an operation failed in a way that was not foreseen", incident=met.number, verb=name)
        _last(lines, error_message(met))
    finally:
        _at_work.end(context.actor.key)
        _last(lines, None)


def _last(lines: Any, message: dict[str, Any] | None) -> None:
    """A word that nobody may be there to hear any more."""
    try:
        lines.put(message, timeout=_PATIENCE)
    except queue.Full:
        log.info("whoever asked reads no more")


def _reporter(say: Any) -> Any:
    last = [-1]

    def report(progress: Progress) -> None:
        step = progress.done * _STEPS // max(progress.total, 1)
        if step != last[0]:
            last[0] = step
            say({"progress": {"done": progress.done, "total": progress.total, "text": progress.text}})

    return report


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """As the document describes it."""
    yield "/verbs/{name}", "post", {
        "operationId": "post_verb",
        "tags": ["verbs"],
        "summary": "Carry out an operation by its name",
        "description": "The command line's own route (`pxeserve --server`); names and arguments follow its release. Token only; role: the "
        "verb's.",
        "x-role": "viewer",
        "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}],
        "requestBody": {"required": False, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Arguments"}}}},
        "responses": {
            "200": {"description": "A line of JSON a message.", "content": {NDJSON: {"schema": {"$ref": "#/components/schemas/Message"}}}},
            "415": {"$ref": "#/components/responses/415"},
        },
    }
