"""Root's password: in plain text, a hash that itself becomes the password, a hash that is none, and none at all. Never shows any of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pxeserve.answerfile.codes import Code
from pxeserve.answerfile.document import Node
from pxeserve.answerfile.finding import Finding
from pxeserve.answerfile.silent import edits
from pxeserve.answerfile.silent.case import SECURITY, Case

_HASH = re.compile(r"\$(?:1|2[abxy]?|5|6|7|y|gy|md5|sha1)\$\S+|!!\S*")
_DES = re.compile(r"[./0-9A-Za-z]{13}")
_LATER = re.compile(r"\$(?:2[abxy]?|7|y|gy)\$\S+")
_NONE_YET = "!!"
_SHORT = 6  # characters; what the installers' own screen asks for


def text(case: Case) -> Iterator[Finding]:
    """What stands in root-password."""
    for node, element in case.texts("root-password"):
        secret = case.text(node)
        if not secret.strip():
            continue
        hashed = case.attribute(node, element, "type")[1] == "hash"
        if element.attribute("type") is None:
            yield from _plain_only(case, node, secret)
        elif hashed:
            yield from _hashed(case, node, secret)
        else:
            yield from _plain(case, node, secret)


def absent(case: Case) -> Iterator[Finding]:
    """No root-password at all, where the installer takes that."""
    if case.mode is None or case.mode not in case.dialect.reading("root-password") or case.first("root-password") is not None:
        return
    if case.dialect.elements["root-password"].missing is not None:
        return
    fix = '<root-password type="hash">...</root-password>'
    if case.dialect.name == "6.0":
        said = "no <root-password>, for which 6.0 has no default: the installation stops half-way"
        yield case.warn(Code.STOPS_LATER, case.document.root, said, fix)
    else:
        said = "no <root-password>: the first boot waits for a person to choose one"
        yield case.warn(Code.WAITS, case.document.root, said, fix)


def _plain_only(case: Case, node: Node, secret: str) -> Iterator[Finding]:
    """Up to 5.5 whatever stands there is the password."""
    if _HASH.fullmatch(secret) and node.attributes.get("type") != "hash":  # else its type has said so
        said = f"{case.dialect.name} knows plain text alone: the hash itself would become root's password"
        yield case.warn(Code.HASH_AS_PASSWORD, node, said, "give a password in plain text, or let pxeserve make a random one", text=True)
    elif not _HASH.fullmatch(secret):
        said = f"root's password stands here in plain text, the only way {case.dialect.name} knows; the log bundle keeps it"
        yield case.tell(Code.CLEAR_PASSWORD, node, said, "use it once, and change it on the installed host", text=True, source=SECURITY)
        yield from _short(case, node, secret)


def _plain(case: Case, node: Node, secret: str) -> Iterator[Finding]:
    if _HASH.fullmatch(secret):
        why = 'type is "plaintext"' if node.attributes.get("type") else "type is missing, which means plaintext"
        said = f"{why}: the hash itself would become root's password"
        made = edits.attribute(case.places, node, "type", "hash") or edits.add_attribute(case.places, node, "type", "hash")
        yield case.warn(Code.HASH_AS_PASSWORD, node, said, '<root-password type="hash">', edits=made)
        return
    said = "root's password stands here in plain text: it travels so, and the log bundle keeps it"
    yield case.warn(Code.CLEAR_PASSWORD, node, said, '<root-password type="hash"> with a SHA-512 crypt string', text=True, source=SECURITY)
    yield from _short(case, node, secret)


def _hashed(case: Case, node: Node, secret: str) -> Iterator[Finding]:
    if secret == _NONE_YET:
        said = "!! stands for no password yet: the first boot waits for a person to choose one"
        yield case.warn(Code.WAITS, node, said, "give a hash where nobody stands by", text=True)
    elif _LATER.fullmatch(secret):
        if case.dialect.name != "xs9":
            said = "a kind of hash that the installed host's C library does not know: nobody can log in"
            yield case.warn(Code.NO_HASH, node, said, "a SHA-512 crypt string ($6$...)", text=True)
    elif _DES.fullmatch(secret) or secret.startswith("$1$"):
        said = "a hash of a kind that is quickly guessed (DES or MD5)"
        yield case.tell(Code.WEAK_PASSWORD, node, said, "a SHA-512 crypt string ($6$...)", text=True, source=SECURITY)
    elif not _HASH.fullmatch(secret):
        said = "type is hash, and the text is no crypt string: nobody can log in with any password"
        yield case.warn(Code.NO_HASH, node, said, 'a SHA-512 crypt string ($6$...), or type="plaintext"', text=True)


def _short(case: Case, node: Node, secret: str) -> Iterator[Finding]:
    if len(secret) < _SHORT:
        said = f"root's password has fewer than {_SHORT} characters, which the installer's own screen refuses and its answerfile does not"
        yield case.tell(Code.WEAK_PASSWORD, node, said, f"{_SHORT} characters or more", text=True)
