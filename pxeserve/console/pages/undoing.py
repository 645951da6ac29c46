"""Taking back what was just done on a page."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response

from pxeserve.console.asking import ask
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.pages.answers import elsewhere

blueprint = Blueprint("undoing", __name__)
_PAGES = {"host": "/hosts/", "profile": "/profiles/", "script": "/profiles/-/scripts/"}


@route(blueprint, "/undo", methods=("POST",), verb="undo")
def undo() -> Response:
    """Put it back, and show it."""
    told = ask("undo", word=filled("word").needed("word", "What is to be taken back"))
    return elsewhere(_PAGES[told["kind"]] + quote(told["name"], safe=""), "good", f"{told['name']} is as it was before")
