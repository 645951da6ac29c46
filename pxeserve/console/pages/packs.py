"""A site's own pack: files are dropped, said of what they are, and become a medium."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.pages.answers import elsewhere
from pxeserve.console.pages.working import begin
from pxeserve.domain.role import Role

blueprint = Blueprint("packs", __name__)
FORMATS = (
    ("yum", "yum: XenServer 7.1 and later, XCP-ng"), ("xml", "xml: XenServer 5.6 to 7.0"), ("text", "text: XenServer 4.0 to 5.5"),
)  # fmt: skip
_WORDS = ("id", "format", "title", "product", "version", "build")


@route(blueprint, "/media/-/create", role=Role.OPERATOR)
def form() -> str:
    """Where one is put together."""
    return render_template("media_create.html", formats=FORMATS)


@route(blueprint, "/media/-/create", methods=("POST",), verb="media.create")
def create() -> Response:
    """Make it of what was sent, and import it."""
    form = filled("name", *_WORDS, "requires", "packages", "driver_disk", "upload", "file")
    name = form.needed("name", "The medium's name").lower()
    form.needed("id", "What installers know it by")
    words = {word: form.text(word) for word in _WORDS}
    files = {row[0]: row[1] for row in form.rows("upload", "file")}
    lines = [line.strip() for line in form.raw("packages", longest=20_000).splitlines() if line.strip()]
    needs = [one.strip() for one in form.text("requires").split(",") if one.strip()]
    address = begin(
        "media.create", f"medium {name}", name=name, files=files, requires=needs, packages=lines, driver_disk=form.ticked("driver_disk"),
        **words,
    )  # fmt: skip
    return elsewhere(address, "quiet", f"The pack {name} is being made")
