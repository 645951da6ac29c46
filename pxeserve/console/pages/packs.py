"""A site's own pack: files are dropped, said of what they are, and become a medium."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from pxeserve.console.asking import ask
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.pages.answers import elsewhere
from pxeserve.console.pages.working import begin
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError

blueprint = Blueprint("packs", __name__)
FORMATS = (
    ("yum", "yum: XenServer 7.1 and later, XCP-ng"), ("xml", "xml: XenServer 5.6 to 7.0"), ("text", "text: XenServer 4.0 to 5.5"),
)  # fmt: skip
_SAID = ("id", "title", "product", "version", "build", "requires")
_WORDS = ("id", "format", "title", "product", "version", "build")


@route(blueprint, "/media/-/create", role=Role.OPERATOR)
def form() -> str:
    """Where one is put together."""
    return render_template("media_create.html", formats=FORMATS)


@route(blueprint, "/media/<name>/revise", role=Role.OPERATOR)
def revision(name: str) -> str:
    """Where another one is made of a pack: what is left empty stays as it is."""
    return render_template("media_revise.html", medium=ask("media.show", name=name))


@route(blueprint, "/media/<name>/revise", methods=("POST",), verb="media.revise")
def revise(name: str) -> Response:
    """Make it, of what was sent and said."""
    form = filled("to", *_SAID, "packages", "upload", "file")
    to = form.needed("to", "The new medium's name").lower()
    said = [f"{'name' if word == 'id' else word}={value}" for word in _SAID if (value := form.text(word))]
    files = {row[0]: row[1] for row in form.rows("upload", "file")}
    lines = [line.strip() for line in form.raw("packages", longest=20_000).splitlines() if line.strip()]
    if not said and not files:
        raise PxeserveError("nothing would be changed", fix="drop a package, or say something else of the pack")
    address = begin("media.revise", f"medium {to}", name=name, to=to, files=files, set=said, packages=lines)
    return elsewhere(address, "quiet", f"The pack {to} is being made of {name}")


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
