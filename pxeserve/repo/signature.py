"""Whether the list of packages is signed by the key that the medium itself names, as the installers of XenServer 8 and XCP-ng 8.3 ask.

They fetch the first file of `[keys]` in `.treeinfo` and set `repo_gpgcheck=1`. The judge is gpgv: it does nothing but this, knows no keys
but those that it is given, asks no network, and lies on every Debian and Red Hat system. It is run with a list of words, a folder of its
own and copies of the three files. A key that a medium brings along shows that nothing was damaged or swapped in part, not who made it.
"""

from __future__ import annotations

import base64
import binascii
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pxeserve.repo.formats.repodata import REPOMD, SIGNATURE

_PATIENCE = 20.0
_LARGEST = 8 << 20
_BEGIN, _END = b"-----BEGIN PGP PUBLIC KEY BLOCK-----", b"-----END PGP PUBLIC KEY BLOCK-----"
_ENDS = 'XCP-ng\'s installer ends with "Repository signature verification failure", XenServer\'s with "Error installing packages"'


class Signed(StrEnum):
    """`none`: the medium asks for no check. `unchecked`: nothing here could check it. `expired`: right, and made to last no longer."""

    GOOD = "good"
    BAD = "bad"
    EXPIRED = "expired"
    NONE = "none"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Signature:
    """What is known of a medium's signature. `text` is a sentence for people; `key` the signing key's fingerprint, or ""."""

    state: Signed
    text: str
    key: str = ""


NO_KEYS = Signature(Signed.NONE, "not signed: .treeinfo has no [keys], so installers check no signature")


def check(key: str, read: Callable[[str], bytes]) -> Signature:
    """The signature of repomd.xml by `key`, the path of the first key in `.treeinfo`; "" is none. `read` gives a file's content."""
    if not key:
        return NO_KEYS
    binary = shutil.which("gpgv")
    if binary is None:
        said = f"{SIGNATURE}: not checked, because gpgv is not installed here"
        return Signature(Signed.UNCHECKED, f"{said}; on Debian: apt install gpgv")
    try:
        ring = _ring(read(key)[:_LARGEST])
    except ValueError as error:
        return Signature(Signed.BAD, f'{key}: {error}; XCP-ng\'s installer ends with "Signature key import failed"')
    with tempfile.TemporaryDirectory(prefix="pxeserve-gpgv-") as name:
        folder = Path(name)
        (folder / "ring").write_bytes(ring)
        (folder / "asc").write_bytes(read(SIGNATURE)[:_LARGEST])
        (folder / "data").write_bytes(read(REPOMD)[:_LARGEST])
        command = [binary, "--homedir", name, "--keyring", str(folder / "ring"), "--status-fd", "1", "--", f"{name}/asc", f"{name}/data"]
        environment = {"LC_ALL": "C", "HOME": name, "PATH": "/usr/bin:/bin"}
        try:
            done = subprocess.run(
                command, capture_output=True, stdin=subprocess.DEVNULL, timeout=_PATIENCE, check=False, env=environment, cwd=name
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return Signature(Signed.UNCHECKED, f"{SIGNATURE}: not checked, because gpgv could not do it: {error}")
    return _judged(key, done.returncode, done.stdout.decode("utf-8", "replace"))


def _judged(key: str, status: int, said: str) -> Signature:
    """By gpgv's status lines (GnuPG, doc/DETAILS)."""
    words = {line.split()[1]: line.split()[2:] for line in said.splitlines() if line.startswith("[GNUPG:] ") and len(line.split()) > 1}
    fingerprint = words.get("VALIDSIG", [""])[0]
    if "NO_PUBKEY" in words or "ERRSIG" in words:
        other = next(iter(words.get("NO_PUBKEY") or words.get("ERRSIG") or ["?"]))
        return Signature(Signed.BAD, f"{SIGNATURE}: made with the key {other}, which is not in {key}; {_ENDS}", other)
    if "BADSIG" in words:
        return Signature(Signed.BAD, f"{SIGNATURE}: does not fit {REPOMD}: one of the two was changed; {_ENDS}", words["BADSIG"][0])
    if "REVKEYSIG" in words:
        return Signature(Signed.BAD, f"{SIGNATURE}: its key was revoked ({key}); {_ENDS}", words["REVKEYSIG"][0])
    for word, what in (("EXPSIG", "the signature"), ("EXPKEYSIG", f"the key in {key}")):
        if word in words:
            said = f"{SIGNATURE}: fits {REPOMD}, but {what} has expired: installers whose clock is right may refuse it"
            return Signature(Signed.EXPIRED, said, words[word][0])
    if status == 0 and fingerprint:
        return Signature(Signed.GOOD, f"{REPOMD} is signed with the key {fingerprint} of {key}", fingerprint)
    return Signature(Signed.BAD, f"{SIGNATURE}: no signature that could be read; {_ENDS}")


def _ring(text: bytes) -> bytes:
    """The keys of a file, as gpgv reads them: without the armor (RFC 4880, section 6.2). Raises ValueError, saying what is wrong."""
    if not text.lstrip().startswith(b"-----BEGIN"):
        if not text or not text[0] & 0x80:
            raise ValueError("no OpenPGP key")
        return text
    *closed, _rest = text.split(_END)  # a pattern with two ends takes hours over a file of nothing but beginnings
    blocks = [inner for _before, inner in (part.split(_BEGIN, 1) for part in closed if _BEGIN in part)]
    if not blocks:
        raise ValueError("no OpenPGP public key")
    try:
        return b"".join(_unarmored(block) for block in blocks)
    except binascii.Error:
        raise ValueError("an OpenPGP key whose armor is damaged") from None


def _unarmored(block: bytes) -> bytes:
    """Between the lines: headers hold a colon, the checksum begins with an equals sign, and base64 does neither."""
    lines = (line.strip() for line in block.split(b"\n"))
    return base64.b64decode(b"".join(line for line in lines if b":" not in line and not line.startswith(b"=")), validate=True)
