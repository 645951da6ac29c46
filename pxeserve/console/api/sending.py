"""PUT of an upload: its bytes go from the connection to the disk as they come, and never lie in memory whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, g, request

from pxeserve.console.api.answering import told
from pxeserve.console.api.reading import Wrong, WrongFieldsError
from pxeserve.console.api.route import BASE
from pxeserve.console.api.uploads import Upload
from pxeserve.console.gate import route as guarded
from pxeserve.errors import PxeserveError
from pxeserve.operations import registry
from pxeserve.operations.media.uploads import LARGEST

blueprint = Blueprint("sending", __name__, url_prefix=BASE)
KIND = "application/octet-stream"
SCHEMAS = (("upload", Upload),)
_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})", re.ASCII)


@guarded(blueprint, "/uploads/<name>", methods=("PUT",), verb="upload.send", body=LARGEST, kinds=(KIND,))
def send(name: str) -> Response:
    """Take an upload, or the rest of one (`Content-Range`)."""
    length = request.content_length
    if length is None:
        raise PxeserveError("how many bytes are to come is not said", code="malformed", fix="send Content-Length")
    at, total = _part(request.headers.get("Content-Range"), length)
    arguments = {"name": name, "stream": request.stream, "at": at, "length": length, "total": total}
    found = registry.call(g.context, "upload.send", arguments)
    return told(found, 201 if isinstance(found, dict) and found["state"] == "whole" else 200)


def _part(said: str | None, length: int) -> tuple[int, int]:
    """Where these bytes begin, and how many there are in all. Raises WrongFieldsError."""
    if said is None:
        return 0, length
    match = _RANGE.fullmatch(said.strip())
    if match is not None:
        first, last, total = map(int, match.groups())
        if first <= last < total and last - first + 1 == length:
            return first, total
    raise WrongFieldsError((Wrong("header", "Content-Range", "bytes FIRST-LAST/TOTAL that fit Content-Length"),), code="malformed")


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """As the document describes it."""
    shown = {"application/json": {"schema": {"$ref": "#/components/schemas/Upload"}}}
    yield "/uploads/{name}", "put", {
        "operationId": "put_uploads_name",
        "tags": ["uploads"],
        "summary": "Send an image or an archive, or the rest of one",
        "description": "Role: operator. What broke off is kept for a week: GET says how many bytes have come, and the rest goes with "
        "`Content-Range`. POST /media then imports it.",
        "x-verb": "upload.send",
        "x-role": "operator",
        "parameters": [
            {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"}},
            {"name": "Content-Range", "in": "header", "required": False, "schema": {"type": "string", "pattern": r"^bytes \d+-\d+/\d+$"},
             "description": "Which bytes these are, where they are not all."},
        ],
        "requestBody": {"required": True, "content": {KIND: {"schema": {"type": "string", "format": "binary"}}}},
        "responses": {
            "201": {"description": "All of it has come.", "content": shown},
            "200": {"description": "This part has come.", "content": shown},
            "415": {"$ref": "#/components/responses/415"},
        },
    }  # fmt: skip
