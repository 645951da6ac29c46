"""The tables' routes put in their places, each behind the gate with the role of its verb; and how what is wrong with a request is told."""

from __future__ import annotations

import re

from flask import Blueprint, Response

from pxeserve.console import problems
from pxeserve.console.api import following
from pxeserve.console.api.answering import told, view
from pxeserve.console.api.document import document
from pxeserve.console.api.reading import WrongFieldsError
from pxeserve.console.api.route import BASE
from pxeserve.console.api.table import ROUTES
from pxeserve.console.gate import route as guarded
from pxeserve.console.limits import MOST_BODY
from pxeserve.domain.role import Role
from pxeserve.operations.words.revisions import StaleError

blueprint = Blueprint("api", __name__, url_prefix=BASE)

LARGE_BODY = 24 << 20
"""Bytes of a body that holds a whole declaration of a site, or a table of it."""
LARGE = frozenset({"/apply", "/host-table", "/discovered-table"})

_NESTED = frozenset({"/templates/{name}"})
"""Where a name may hold slashes."""

for _one in ROUTES:
    guarded(
        blueprint,
        re.sub(r"{(\w+)}", r"<path:\1>" if _one.path in _NESTED else r"<\1>", _one.path),
        methods=(_one.method,),
        verb=_one.verb,
        body=LARGE_BODY if _one.path in LARGE else MOST_BODY,
        endpoint=_one.operation,
    )(following.view(_one) if _one.path == following.PATH else view(_one))


@guarded(blueprint, "/openapi.json", role=Role.VIEWER)
def openapi() -> Response:
    """The document."""
    return told(document())


@blueprint.app_errorhandler(WrongFieldsError)
def _wrong_fields(error: WrongFieldsError) -> Response:
    return problems.told(error, errors=error.plain())


@blueprint.app_errorhandler(StaleError)
def _stale(error: StaleError) -> Response:
    last = {"last": {"who": error.last.who, "at": error.last.at}} if error.last is not None else {}
    return problems.told(error, changed=list(error.changed), **last)
