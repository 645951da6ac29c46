"""What went wrong, as it is told: problem details (RFC 9457) to programs, a page to people. The one table from codes to statuses.

Never a traceback, and never a word that was not meant for outside: what is not foreseen becomes an incident, a number in the log.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, g, json, render_template, request
from gunicorn.http.errors import NoMoreData, ParseException
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from pxeserve.accounts.reception import DelayedError
from pxeserve.console.incidents import IncidentError
from pxeserve.errors import PxeserveError

STATUSES = {
    "invalid": 422,
    "malformed": 400,
    "unauthenticated": 401,
    "wrong-password": 401,
    "forbidden": 403,
    "not-fresh": 403,
    "cross-site": 403,
    "not-found": 404,
    "method": 405,
    "refused": 409,
    "conflict": 409,
    "stale": 412,
    "too-large": 413,
    "media-type": 415,
    "misdirected": 421,
    "precondition": 428,
    "too-many": 429,
    "internal": 500,
    "unwritable": 503,
    "busy": 503,
    "not-set-up": 503,
    "full": 507,
}
"""Codes of PxeserveError to statuses of HTTP (RFC 9110, 6585). A code that is not here is told as `invalid` is."""

_CODES = {400: "malformed", 401: "unauthenticated", 403: "forbidden", 404: "not-found", 405: "method", 411: "malformed", 413: "too-large",
          415: "media-type", 421: "misdirected", 429: "too-many", 503: "busy"}  # fmt: skip
_AGAIN = {429: "5", 503: "5"}
"""Seconds after which one may ask again, where it is worth it and nobody knows better."""

PROBLEM = "application/problem+json"
_log = structlog.get_logger("console")


def status_of(error: PxeserveError) -> int:
    """The status with which `error` is answered."""
    return STATUSES.get(error.code, STATUSES["invalid"])


def install(app: Flask) -> None:
    """Let `app` answer every error in one of the two ways."""
    app.register_error_handler(PxeserveError, told)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(Exception, _unforeseen)


def told(error: PxeserveError, **more: Any) -> Response:
    """`error` as the answer to this request; `more` are further members of the problem."""
    status = status_of(error)
    members = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": error.message,
        "code": error.code,
        "fix": error.fix,
        "request": g.get("request_id", ""),
        **more,
    }
    response = _page(members) if _for_people() else _problem(members)
    response.status_code = status
    if status in _AGAIN:
        response.headers["Retry-After"] = str(error.wait) if isinstance(error, DelayedError) else _AGAIN[status]
    return response


def _problem(members: dict[str, Any]) -> Response:
    return Response(json.dumps({key: value for key, value in members.items() if value != ""}) + "\n", mimetype=PROBLEM)


def _page(members: dict[str, Any]) -> Response:
    name = "unauthenticated.html" if members["status"] == HTTPStatus.UNAUTHORIZED else "problem.html"
    return Response(render_template(name, problem=members, wanted=request.full_path.rstrip("?")), mimetype="text/html")


def _for_people() -> bool:
    """Whether whoever asked looks at pages; what htmx asks for is shown inside one, and scripts read JSON."""
    if request.path.startswith(("/api/", "/live")):
        return False
    return request.accept_mimetypes.best_match(["application/json", "text/html"], default="application/json") == "text/html"


def _of_http(error: HTTPException) -> Response:
    """What Flask or Werkzeug refuse, in our words."""
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if error.response is not None or status < HTTPStatus.BAD_REQUEST:
        return error.get_response()  # type: ignore[return-value] # a redirection, which is no error
    said = {
        404: f"there is nothing at {request.path}",
        405: f"{request.method} is not done at {request.path}",
        413: "the body is longer than this address takes",
    }.get(status, error.description or HTTPStatus(status).phrase)
    response = told(PxeserveError(said, code=_CODES.get(status, "internal" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid")))
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _unforeseen(error: Exception) -> Response:
    if isinstance(error, ParseException | TimeoutError | NoMoreData):  # of the body: its sender stopped, or sends what is none
        return told(PxeserveError("the body cannot be read to its end", code="malformed"))
    met = IncidentError("request")
    if isinstance(error, OperationalError):
        _log.error(f"the store could not be asked: {error.orig}", incident=met.number, path=request.path)
        return told(PxeserveError("the store could not be asked now", code="busy", fix="try again in a moment"), incident=met.number)
    asked = {"method": request.method, "path": request.path}
    _log.error("a request failed in a way that was not foreseen", exc_info=error, incident=met.number, **asked)
    return told(met, incident=met.number)
