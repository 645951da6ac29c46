"""Addresses of packages and scripts that are taken and then not found: no scheme, one that cannot be fetched, passwords, ports, blanks.

Says nothing of what lies there: looking is a matter of its own, and only when asked.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from pxeserve.answerfile.codes import Code
from pxeserve.answerfile.dialects.shape import Element, Holds
from pxeserve.answerfile.document import Node
from pxeserve.answerfile.finding import Finding
from pxeserve.answerfile.silent import edits
from pxeserve.answerfile.silent.case import SECURITY, Case, masked, shown

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_NFS = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^/:\s\[\]]+):/\S*")
_LOGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#\s]*)@([^/?#\s]*)")


def sources(case: Case) -> Iterator[Finding]:
    """Sources of packages and drivers."""
    for node, element in case.each():
        if element.text is None or element.text.holds is not Holds.ADDRESS:
            continue
        kind, text = case.attribute(node, element, "type")[1], node.text.strip()
        if kind == "local":
            if text:
                said = f'type of <{node.name}> is "local": its text is not read, and packages are looked for on this machine\'s own disks'
                yield case.warn(Code.NEEDLESS, node, said, 'type="url", or no text', text=True)
        elif text and re.search(r"\s", text):
            yield _spaced(case, node)
        elif text and kind == "url":
            yield from _url(case, node, text)
        elif text and kind == "nfs" and (text.startswith("nfs://") or not _NFS.fullmatch(text)):
            yield _no_nfs(case, node, text)


def several(case: Case) -> Iterator[Finding]:
    """From 7.1 on all sources are taken."""
    found = [node for node, _ in case.each("source")]
    if len(found) > 1 and case.mode is not None and not case.before("7.1"):
        said = f"{len(found)} sources: all are taken, the one with the main packages first, then the others in the order of the file"
        yield case.tell(Code.SOURCES, found[1], said, "no harm: that is how supplemental packs are installed")


def scripts(case: Case) -> Iterator[Finding]:
    """Addresses of scripts."""
    for node, element in case.texts():
        if element.text is None or element.text.holds is not Holds.SCRIPT:
            continue
        text = node.text.strip()
        if text and re.search(r"\s", text):
            yield _spaced(case, node)
        elif text:
            yield from _script(case, node, element, text)


def logins(case: Case) -> Iterator[Finding]:
    """Passwords in addresses."""
    for node, element in case.texts():
        if element.text is None or element.text.holds not in (Holds.ADDRESS, Holds.SCRIPT):
            continue
        found = _LOGIN.match(node.text.strip())
        if found is None or node.attributes.get("type") == "local":
            continue
        said = _login(case, node, found[1], found[2])
        yield case.warn(Code.URL_PASSWORD, node, said, "serve it without a password", text=True, source=SECURITY)


def _url(case: Case, node: Node, text: str) -> Iterator[Finding]:
    found = _SCHEME.match(text)
    scheme = found[1] if found else ""
    if scheme == "nfs" and not case.before("6.0"):
        if not _NFS.fullmatch(text.removeprefix("nfs://")):
            yield _no_nfs(case, node, text)
        return
    known = ("http", "https", "ftp") if case.before("5.6") else ("http", "https", "ftp", "file")
    if scheme not in known and (case.before("8.2") or scheme.lower() not in known):
        yield _bad_scheme(case, node, text, scheme, known)
    elif scheme == "https" and case.before("6.2"):
        yield _https(case, node)
    elif scheme == "ftp" and case.before("8.2") and re.match(r"ftp://(?:[^/@]*@)?[^/:]+:(?!21(?:/|$))\d", text):
        said = f"<{node.name}>: {case.dialect.name} looks for packages at port 21, whatever port an ftp address names"
        yield case.warn(Code.SCHEME, node, said, "port 21, or http", text=True)


def _bad_scheme(case: Case, node: Node, text: str, scheme: str, known: tuple[str, ...]) -> Finding:
    if scheme == "nfs":
        said = f"<{node.name}>: http:// is put in front of {shown(text)}, as {case.dialect.name} knows nfs:// by its type alone"
        return case.warn(Code.SCHEME, node, said, f'type="nfs", and {text.removeprefix("nfs://")}', text=True)
    made: edits.Edits = ()
    fix = f"one of {', '.join(known)}"
    if scheme.lower() in known:
        made, fix = edits.begin(case.places, node, scheme, scheme.lower()), f"{scheme.lower()}://"
    elif not scheme:
        made, fix = edits.begin(case.places, node, "", "http://"), masked(f"http://{text}")
    if case.before("8.2"):
        what = f"http:// is put in front of {shown(text)}"
    else:
        what = f"{shown(text)} is taken, and then fails: Unsupported URL scheme"
    return case.warn(Code.SCHEME, node, f"<{node.name}>: {what}", fix, text=True, edits=made)


def _script(case: Case, node: Node, element: Element, text: str) -> Iterator[Finding]:
    nfs = node.attributes.get("type", "").lower() == "nfs"
    heeded = element.attribute("type") is not None and not (case.dialect.name == "5.6" and element.key == "script")
    address = text
    if nfs and not heeded and not text.startswith("nfs://"):
        said = f"type nfs of <{node.name}> is not heeded by {case.dialect.name}: nfs:// is not put in front, and nothing is fetched"
        better = f"nfs://{text}"
        yield case.warn(Code.NFS_SCRIPT, node, said, better, text=True, edits=edits.begin(case.places, node, "", "nfs://"))
        return
    if nfs and heeded and (case.before("6.2") or not text.startswith("nfs://")):
        address = f"nfs://{text}"
    if address.startswith("nfs:"):
        parts = address.split(":")
        if len(parts) != 3 or not parts[1].startswith("//") or not posixpath.dirname(parts[2]).startswith("/"):
            yield _no_nfs(case, node, address)
    elif address.startswith("https:"):
        if case.before("6.2"):
            yield _https(case, node, "Unknown source type.")
    elif not address.startswith(("http:", "file:", "ftp:")):
        what = "Unknown source type., and it never runs" if case.before("5.6") else "Unable to fetch script, which ends the installation"
        found = _SCHEME.match(address)
        small = found[1].lower() if found else ""
        made = edits.begin(case.places, node, found[1], small) if found and small in ("http", "ftp", "file") else ()
        said = f"<{node.name}>: {shown(address)}: {what}"
        yield case.warn(Code.SCHEME, node, said, "an address such as http://192.0.2.1/hook", text=True, edits=made)


def _https(case: Case, node: Node, refused: str = "") -> Finding:
    what = f"is taken, and then fails: {refused}" if refused else "was not thought of, and may not be fetched"
    return case.warn(Code.HTTPS, node, f"<{node.name}>: https came with 6.2; before, it {what}", "http://", text=True)


def _spaced(case: Case, node: Node) -> Finding:
    said = f"<{node.name}>: white space within an address is kept: nothing is found there"
    return case.warn(Code.SPACED_ADDRESS, node, said, "one address, without blanks", text=True)


def _no_nfs(case: Case, node: Node, text: str) -> Finding:
    better = text.removeprefix("nfs://")
    sure = node.attributes.get("type") == "nfs" and better != text and _NFS.fullmatch(better)
    made = edits.begin(case.places, node, "nfs://", "") if sure else ()
    return case.warn(Code.NFS_ADDRESS, node, f"<{node.name}>: {shown(text)} is not server:/path", "server:/path", text=True, edits=made)


def _login(case: Case, node: Node, login: str, host: str) -> str:
    said = f"<{node.name}>: a password in an address ends up in the installer's log"
    port = re.search(r":(\d+)$", host)
    if port and case.dialect.name != "xs9" and node.text.strip().startswith("http") and not (port[1] == "80" and case.before("8.2")):
        said += f"; and {case.dialect.name} never sends it to an address with a port"
    if "%" in login and case.before("8.2"):
        said += f"; and {case.dialect.name} takes %.. in it letter by letter"
    return said
