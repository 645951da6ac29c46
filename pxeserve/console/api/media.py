"""Media: how they come in, what they are, and whether they are whole."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pxeserve.console.api.hosts import Removed
from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Body, Found, Moment, Name, Settings
from pxeserve.operations.words.addresses import without_login
from pxeserve.repo.replay.report import Report

Source = Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(without_login)]


class Import(Body):
    """What to import."""

    name: Name = Field(description="What to call it: lower-case letters, digits, dots and hyphens, 63 at most.")
    source: Source | list[Source] | None = Field(
        None, description="A folder, an ISO image or an archive of the server, an http(s) address of one, or several discs of one medium. "
        "Values behind the `?` of an address are told to nobody."
    )
    upload: Name | None = Field(
        None, description="An upload, by its name, instead of `source`; it is removed when the import has ended well."
    )
    lies: Literal["copied", "in-place", "image"] = Field(
        "copied", description="Where its bytes are to be: copied, in the folder where they lie, or in the image itself."
    )


class Medium(Answer):
    """An installation source."""

    name: str
    product: str
    version: str
    build: str
    dialect: str = Field(description="The generation whose installer reads it.")
    format: str
    role: str = Field(description="main, pack, driver-disk or netinstall.")
    repositories: list[str]
    bootable: bool
    state: str = Field(description="`good` or `damaged`; a damaged one cannot be armed.")
    state_reason: str
    sample: bool
    revision: str = Field(description="SHA-256 over all that it holds.")
    files: int
    bytes: int
    package_count: int
    lies: str
    place: str
    origin: str
    imported_at: Moment
    checked_at: float | None = Field(description="When every byte was last read and right, epoch seconds.")


class Package(Answer):
    """One package."""

    file: str
    type: str
    bytes: int
    md5: str | None
    sha256: str


class Imported(Medium):
    """A medium that has come in."""

    notes: list[str]
    needed_by: list[str] = Field(description="Profiles, installs and answers for which it has to stay.")


class MediumShown(Imported):
    """A medium with its packages, in the order in which an installer fetches them."""

    packages: list[Package]


class Revise(Body):
    """What is to become of a pack."""

    to: Name = Field(description="The new medium's name; the pack itself stays as it is.")
    files: dict[str, str] = Field({}, max_length=64, description="Uploads, each with what it is called in the pack.")
    set: list[Annotated[str, Field(max_length=200)]] = Field(
        [], max_length=64, description="KEY=VALUE of name, title, product, version, build, requires."
    )
    packages: list[Annotated[str, Field(max_length=1000)]] = Field(
        [], max_length=64, description="FILE=TYPE[,key=value...] where names do not tell enough."
    )


class MediumSet(Body):
    """What of a netinstall tree can be said."""

    set: Settings = Field(description="version=NUMBER.")


class Verify(Body):
    """How deep to look."""

    depth: Literal["changed", "full", "disk"] = Field(
        "full", description="What was touched since it was last read whole, every byte, or every byte from the disk itself."
    )


class Signature(Answer):
    """What its signature says."""

    state: str
    text: str
    key: str = Field(description="The fingerprint of the key that signed, or empty.")


class Verified(Answer):
    """What a look at a medium found."""

    name: str
    state: str
    faults: list[str]
    warnings: list[str]
    read: int = Field(description="Files that were read.")
    bytes: int
    unchanged: int = Field(description="Files that nobody has touched since they were last read.")
    signature: Signature | None


class Replay(Body):
    """Who asks."""

    dialect: Name
    over: Literal["http", "nfs", "ftp"] = "http"


class Pack(Body):
    """A pack of one's own."""

    name: Name = Field(description="What the medium is to be called.")
    id: Name = Field(description="VENDOR:NAME, as installers know it.")
    format: Literal["text", "xml", "yum"] = Field(description="text: 4.0 to 5.5; xml: 5.6 to 7.0; yum: 7.1 and later.")
    files: dict[str, str] = Field(min_length=1, max_length=64, description="Uploads, and what each is called in the pack.")
    title: str = Field("", max_length=200, description="What installers show to people.")
    product: str = Field("", max_length=200, description="The product it is for, such as XenServer.")
    version: str = Field("", max_length=200, description="text: the product's; xml, yum: the pack's own.")
    build: str = Field("", max_length=200, description="The build that belongs to the version.")
    requires: list[Name] | None = Field(None, max_length=64, description="xml: such as xs:main>=6.5.0.")
    packages: list[Source] | None = Field(None, max_length=64, description="FILE=TYPE[,key=value...] where names do not tell enough.")
    driver_disk: bool = Field(False, description="Drivers and firmware alone; RPMs are driver-rpm then.")


class PackFinding(Answer):
    """What installers would stumble over."""

    severity: str
    place: str
    message: str
    fix: str


class Packed(Imported):
    """The medium that a pack became."""

    findings: list[PackFinding]


class UnderWay(Answer):
    """An import that has begun and not ended."""

    name: str
    sources: list[str]
    hidden: bool = Field(description="Whether values behind a `?` are hidden; to go on, the sources have to be said once more.")
    lies: str
    begun_at: Moment
    bytes_done: int
    bytes: int
    state: str = Field(description="`running`, or `broken off`: the same import again goes on where it was.")


class CancelledImport(Answer):
    """Which import is over."""

    cancelled: str


ROUTES = (
    Route("GET", "/media", "media.list", "Media, by name", Medium, query=Found, way=Way.LIST),
    Route("POST", "/media", "media.import", "Import a medium", Imported, body=Import, way=Way.JOB, about="medium {name}"),
    Route("GET", "/media/{name}", "media.show", "One medium, with its packages", MediumShown, way=Way.ONE),
    Route("PATCH", "/media/{name}", "media.set", "Say the version of a netinstall tree", Medium, body=MediumSet),
    Route("DELETE", "/media/{name}", "media.remove", "Remove a medium that nothing needs", Removed),
    Route("POST", "/media/verify", "media.verify", "Check all media", list[Verified], body=Verify, way=Way.JOB,
          given={"everything": True}, about="all media"),
    Route("POST", "/media/{name}/verify", "media.verify", "Check a medium", list[Verified], body=Verify, way=Way.JOB,
          about="medium {name}"),
    Route("POST", "/media/{name}/replay", "media.replay", "What an installer of that generation would find", Report, body=Replay,
          way=Way.JOB, about="medium {name} as {dialect}"),
    Route("POST", "/packs", "media.create", "Make a pack of uploads, and import it", Packed, body=Pack, way=Way.JOB, about="medium {name}"),
    Route("POST", "/packs/{name}/revise", "media.revise", "Make another pack of one, changed", Packed, body=Revise,
          way=Way.JOB, about="medium {to}"),
    Route("GET", "/imports", "media.imports", "Imports that have begun and not ended", UnderWay, query=Found, way=Way.LIST),
    Route("DELETE", "/imports/{name}", "media.cancel-import", "Stop an import; nothing of it is left", CancelledImport),
)  # fmt: skip
