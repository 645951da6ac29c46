"""Boot loaders."""

from __future__ import annotations

from pydantic import Field

from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Body, Moment


class ImportLoaders(Body):
    """Where they are copied from."""

    from_dir: str | None = Field(
        None, min_length=1, max_length=4096, description="A folder of the server; else Debian's packages, installed there."
    )


class Grub(Answer):
    """GRUB images that were made of its modules."""

    set: str
    origin: str
    files: list[str]


class ImportedLoaders(Answer):
    """A set that has come in."""

    set: str
    origin: str
    build: str
    files: list[str]
    grub: Grub | None
    notes: list[str] = Field(description="Which GRUB images are missing, and why.")


class LoaderFile(Answer):
    """One file of a set."""

    name: str
    size: int
    sha256: str
    state: str = Field(description="`good`, `changed` or `missing`.")


class LoaderSet(Answer):
    """One set; sets are never mixed."""

    set: str
    origin: str
    imported_at: Moment
    files: list[LoaderFile]


class Loaders(Answer):
    """All sets."""

    sets: list[LoaderSet]
    missing: str = Field(description="What to do where there is none; empty else.")


ROUTES = (
    Route("GET", "/loaders", "loaders.list", "Boot loaders, each compared with its checksum", Loaders),
    Route("POST", "/loaders", "loaders.import", "Import a set of boot loaders", ImportedLoaders, body=ImportLoaders, way=Way.JOB,
          about="boot loaders"),
)  # fmt: skip
