"""A request that is sent twice with one `Idempotency-Key` is carried out once; the second is given the first one's answer.

Kept for a day, sealed, since an answer may hold a password that is shown once. What was refused is not kept: nothing was done, so the same
key may be tried again. (draft-ietf-httpapi-idempotency-key-header-06)
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable

from flask import Response, g, request

from pxeserve.console.api.reading import Wrong, WrongFieldsError
from pxeserve.errors import ConflictError, PxeserveError
from pxeserve.installs.seal import closed, opened
from pxeserve.keys import load_keys
from pxeserve.operations.context import Actor, Context
from pxeserve.store import idempotency as stored
from pxeserve.store.idempotency import KeptRow

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT = 24 * 3600.0
_LONGEST = 255
_HEADERS = ("Location", "ETag", "Content-Type")
_RUN = secrets.token_hex(8)
"""The life of this process."""


def once(act: Callable[[], Response]) -> Response:
    """What `act` answers; or, where the request has a key that was used before, what was answered then. Raises PxeserveError for a key of
    another request, and ConflictError while the first is being carried out, or when it was broken off."""
    key = _key()
    if key is None:
        return act()
    context: Context = g.context
    whose = _whose(context.actor)
    row = KeptRow(whose, key, _digest(), _RUN, time.time())
    with context.store.site.write() as connection:
        stored.forget(connection, row.at - KEPT)
        before = stored.take(connection, row)
    if before is not None:
        return _again(context, before, row)
    try:
        response = act()
    except PxeserveError:
        with context.store.site.write() as connection:
            stored.release(connection, whose, key)
        raise
    with context.store.site.write() as connection:
        stored.keep(connection, whose, key, closed(_packed(response), _purpose(row), load_keys(context.config.server.data).seal))
    return response


def _whose(actor: Actor) -> str:
    """An account's keys are its own; a token that may not ask about everything has keys by itself, and is told nothing of the others'."""
    return f"{actor.kind} {actor.user or actor.name}" + (f" {actor.name}" if actor.limit is not None else "")


def _again(context: Context, before: KeptRow, row: KeptRow) -> Response:
    if before.request != row.request:
        raise PxeserveError(f"{HEADER}: this key was used for another request", fix="take a new key for each thing that is to be done")
    if before.answer is None:
        if before.run == _RUN:
            raise ConflictError("the first request with this key is not answered yet", fix="ask again in a moment, with the same key")
        fix = "look whether it was done; take a new key to do it again"
        raise ConflictError("the first request with this key was broken off, and nobody knows whether it was carried out", fix=fix)
    response = _unpacked(opened(before.answer, _purpose(row), load_keys(context.config.server.data).seal))
    response.headers[REPLAYED] = "true"
    return response


def _key() -> str | None:
    said = request.headers.get(HEADER)
    if said is None:
        return None
    if not said or len(said) > _LONGEST or not said.isascii() or not said.isprintable():
        raise WrongFieldsError((Wrong("header", HEADER, f"1 to {_LONGEST} printable characters of ASCII"),), code="malformed")
    return said


def _digest() -> str:
    parts = (request.method.encode(), request.full_path.encode(), request.get_data())
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _purpose(row: KeptRow) -> str:
    return f"idempotency {row.whose} {row.key}"


def _packed(response: Response) -> bytes:
    headers = {name: response.headers[name] for name in _HEADERS if name in response.headers}
    body = base64.b64encode(response.get_data()).decode()
    return json.dumps({"status": response.status_code, "headers": headers, "body": body}).encode()


def _unpacked(packed: bytes) -> Response:
    kept = json.loads(packed)
    return Response(base64.b64decode(kept["body"]), kept["status"], kept["headers"])
