"""Styles, scripts and pictures: the files of `web/static` and `web/vendor`, as they were read at the start, for everybody."""

from __future__ import annotations

from flask import Blueprint, Response, request

from pxeserve.console.gate import PUBLIC, route
from pxeserve.console.jinja import web
from pxeserve.errors import NotFoundError

blueprint = Blueprint("files", __name__)
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


@route(blueprint, "/static/<path:name>", role=PUBLIC, early=True)
def static(name: str) -> Response:
    """One file. A page names it with its stamp, and then it never changes."""
    file = web().files.get(name)
    if file is None:
        raise NotFoundError(f"there is no file {name}")
    response = Response(file.content, mimetype=file.kind)
    response.set_etag(file.stamp)
    response.headers["Cache-Control"] = _FOR_EVER if request.args.get("v") == file.stamp else _ASK_AGAIN
    response.make_conditional(request)
    return response
