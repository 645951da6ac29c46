"""The steps that read where packages and drivers come from, and how they are checked."""

from __future__ import annotations

from pxeserve.answerfile.answers import DriverVariant, Source
from pxeserve.answerfile.document import Node
from pxeserve.answerfile.reading.draft import Draft
from pxeserve.answerfile.reading.looking import Looking
from pxeserve.answerfile.reading.python import bad_address
from pxeserve.answerfile.reading.refusal import Cause


def source_plain(look: Looking, draft: Draft) -> None:
    """4.1 to 5.6: the first; its text as it stands."""
    node = look.needed("source")[0]
    draft["sources"] = (_plain(look, node, "source"),)


def source(look: Looking, draft: Draft) -> None:
    """6.0 to 7.0: the first."""
    draft["sources"] = (_turned(look, look.needed("source")[0], "source"),)


def sources(look: Looking, draft: Draft) -> None:
    """7.1: all, in order."""
    draft["sources"] = tuple(_turned(look, node, "source") for node in look.needed("source"))


def sources_parsed(look: Looking, draft: Draft) -> None:
    """7.2 to xs9: all, and an address has to be one that Python can take apart."""
    draft["sources"] = tuple(_parsed(look, node, "source") for node in look.needed("source"))


def sources_gpg(look: Looking, draft: Draft) -> None:
    """XCP-ng 8.3: each with its own checks."""
    found = []
    for node in look.needed("source"):
        one = _parsed(look, node, "source")
        checks = look.yes(node, "repo-gpgcheck", "source"), look.yes(node, "gpgcheck", "source")
        found.append(Source(one.kind, one.address, *checks))
    draft["sources"] = tuple(found)


def gpg_checks(look: Looking, draft: Draft) -> None:
    """XCP-ng: the checks of all sources, said of the outermost element."""
    for attribute in look.dialect.root.attributes:
        field = _CHECKS.get(attribute.key)
        if field:
            draft[field] = look.yes(look.root, attribute.key)


def drivers_plain(look: Looking, draft: Draft) -> None:
    """5.5 and 5.6: all, as they stand."""
    draft["driver_sources"] = tuple(_plain(look, node, "driver-source") for node in look.all("driver-source"))


def drivers(look: Looking, draft: Draft) -> None:
    """6.0 to 7.1: all."""
    draft["driver_sources"] = tuple(_turned(look, node, "driver-source") for node in look.all("driver-source"))


def drivers_parsed(look: Looking, draft: Draft) -> None:
    """7.2 to xs9: all, and an address has to be one that Python can take apart."""
    draft["driver_sources"] = tuple(_parsed(look, node, "driver-source") for node in look.all("driver-source"))


def driver_variants(look: Looking, draft: Draft) -> None:
    """xs9: of the first list, each driver's name and whatever stands first within it, unchecked."""
    outer = look.first("selected-multiversion-drivers")
    if outer is None:
        return
    found = []
    for node in look.all("driver", outer):
        look.trace.texts.add(node)
        found.append(DriverVariant(look.raw_attribute(node, "name"), node.first))
    draft["drivers"] = tuple(found)


_CHECKS = {"repo-gpgcheck": "repo_gpgcheck", "gpgcheck": "gpgcheck", "netinstall-gpg-check": "netinstall_gpg_check"}


def _plain(look: Looking, node: Node, element: str) -> Source:
    kind = look.word(node, "type", element)
    return Source(kind, "" if kind == "local" else look.text(node))


def _turned(look: Looking, node: Node, element: str) -> Source:
    """An nfs address given as a url is nfs all the same."""
    one = _plain(look, node, element)
    return Source("nfs", one.address.removeprefix("nfs://")) if one.kind == "url" and one.address.startswith("nfs://") else one


def _parsed(look: Looking, node: Node, element: str) -> Source:
    one = _turned(look, node, element)
    said = bad_address(look.dialect.python, one.address) if one.kind == "url" else None
    if said is not None:
        look.stop(said, Cause.VALUE, node, "an address such as http://192.0.2.1/media/xcp83")
    return one
