"""Where packages and drivers come from, and whether their signatures count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pxeserve.answerfile.answers import Answers, Source
from pxeserve.answerfile.writing.fitting import Fitting
from pxeserve.answerfile.writing.markup import Element, yes_no

_KINDS = ("url", "nfs", "local")
_CHECKS = ("repo_gpgcheck", "gpgcheck")
_NFS = "nfs://"


def sources(fitting: Fitting, wanted: tuple[Source, ...]) -> tuple[Source, ...]:
    """The sources that the generation reads: up to 7.0 one."""
    if wanted and not fitting.reads("source"):
        fitting.unread("source", ", ".join(map(_shown, wanted)), "source")
        return ()
    kept = tuple(_one(fitting, "source", source) for source in wanted)
    if fitting.facts.several("source"):
        return kept
    for extra in kept[1:]:
        fitting.lose("source", _shown(extra), f"{fitting.them} read the first source only", "these packages are not installed")
    return kept[:1]


def drivers(fitting: Fitting, wanted: tuple[Source, ...]) -> tuple[Source, ...]:
    """The driver sources."""
    if wanted and not fitting.reads("driver-source"):
        fitting.unread("driver-source", ", ".join(map(_shown, wanted)), "driver-source")
        return ()
    return tuple(_one(fitting, "driver-source", source) for source in wanted)


def check(fitting: Fitting, name: str, value: bool | None) -> bool | None:
    """Whether signatures are checked; `name` is the attribute's."""
    if value is None or (fitting.facts.has("installation", name) and fitting.reads("gpg-checks")):
        return value
    fitting.lose(name, yes_no(value), f"{fitting.them} do not read {name} here", "signatures are checked as they always are")
    return None


def _one(fitting: Fitting, field: str, source: Source) -> Source:
    kind, address = source.kind, source.address
    if kind not in _KINDS:
        fitting.refuse(field, kind, f"{fitting.them} know no such type", "they stop", f"one of {', '.join(_KINDS)}")
    image = fitting.mode in ("oemhdd", "oemflash")
    if kind == "local" and not image:
        if address:
            fitting.lose(field, address, "the address of a local source is not read", "any disc or disk in the machine is taken")
        address = ""
    else:
        address = fitting.text(field, address)
    if kind == "url" and address.startswith(_NFS) and fitting.facts.reads_nfs_urls:
        kind, address = "nfs", address.removeprefix(_NFS)
    if kind == "url":
        _fetched(fitting, field, address)
    kept = Source(kind, address, source.repo_gpgcheck, source.gpgcheck)
    for name in _CHECKS:
        value, attribute = getattr(kept, name), name.replace("_", "-")
        if value is not None and not (field == "source" and fitting.facts.has("source", attribute)):
            said = f"{fitting.them} do not read {attribute} of a {field}"
            fitting.lose(f"{field}.{attribute}", yes_no(value), said, "signatures are checked as they always are")
            kept = replace(kept, repo_gpgcheck=None) if name == "repo_gpgcheck" else replace(kept, gpgcheck=None)
    return kept


def _fetched(fitting: Fitting, field: str, address: str) -> None:
    """Up to 7.1 an address without a known scheme gets http:// in front; later it is refused when packages are looked for."""
    scheme = address.partition("://")[0] if "://" in address else ""
    if scheme in ("http", "https", "ftp") or (scheme == "file" and fitting.facts.since("5.6")):
        return
    if fitting.facts.since("8.2"):
        why = f"{fitting.them} fetch over http, https and ftp, and from files"
        fix = f"say one of these, such as http://{address.partition('://')[2] or address}"
        fitting.doubt(field, address, why, "Unsupported URL scheme", fix)
    elif scheme in ("file", "nfs"):
        fix = "say nfs, and server:/path" if scheme == "nfs" else "offer it over http or ftp"
        fitting.doubt(field, address, f"{fitting.them} put http:// in front of it", "nothing is found", fix)


def _shown(source: Source) -> str:
    return source.address or source.kind


def elements(answers: Answers) -> Iterator[Element]:
    """What a file says about sources."""
    for source in answers.sources:
        checks = {"repo-gpgcheck": yes_no(source.repo_gpgcheck), "gpgcheck": yes_no(source.gpgcheck)}
        yield Element("source", source.address, {"type": source.kind, **checks})
    for source in answers.driver_sources:
        yield Element("driver-source", source.address, {"type": source.kind})
