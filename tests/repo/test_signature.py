"""The signature of a medium's list of packages, made by gpg and judged by gpgv: right, wrong, by another key, without one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pxeserve.domain.medium import Medium, MediumState
from pxeserve.errors import PxeserveError
from pxeserve.repo import verify
from pxeserve.repo.formats.repodata import REPOMD, SIGNATURE
from pxeserve.repo.formats.treeinfo import TREEINFO
from pxeserve.repo.sample import make_modern_sample
from pxeserve.repo.signature import Signed, check
from pxeserve.store import Store

pytestmark = pytest.mark.skipif(not (shutil.which("gpg") and shutil.which("gpgv")), reason="gpg or gpgv is not installed")
Bring = Callable[[Path, str], Medium]
KEY = "RPM-GPG-KEY-sample"


class Keys:
    """A keyring of its own with two keys."""

    def __init__(self, home: Path) -> None:
        self.home = home
        for name in ("maker", "other"):
            self.gpg("--quick-generate-key", f"{name} <{name}@example.com>", "ed25519", "sign", "never")

    def gpg(self, *words: str, text: bytes = b"") -> bytes:
        command = ["gpg", "--homedir", str(self.home), "--batch", "--yes", "--passphrase", "", "--pinentry-mode", "loopback", *words]
        return subprocess.run(command, input=text, capture_output=True, check=True).stdout

    def public(self, name: str, *options: str) -> bytes:
        return self.gpg(*options, "--export", f"{name}@example.com")

    def sign(self, name: str, text: bytes) -> bytes:
        return self.gpg("--local-user", f"{name}@example.com", "--armor", "--detach-sign", text=text)


@pytest.fixture(scope="module")
def keys() -> Iterator[Keys]:
    with tempfile.TemporaryDirectory(prefix="pxg", dir="/tmp") as name:  # its agent's socket needs a short path
        os.chmod(name, 0o700)
        yield Keys(Path(name))
        subprocess.run(["gpgconf", "--homedir", name, "--kill", "all"], check=False)


@pytest.fixture
def signed(tmp_path: Path, keys: Keys) -> Path:
    folder = tmp_path / "signed"
    make_modern_sample(folder, "xcp-8.3")
    with (folder / TREEINFO).open("a") as info:
        info.write(f"[keys]\nkey1 = {KEY}\nkey2 = another\n")
    (folder / KEY).write_bytes(keys.public("maker", "--armor"))
    (folder / SIGNATURE).write_bytes(keys.sign("maker", (folder / REPOMD).read_bytes()))
    return folder


def judged(folder: Path) -> tuple[Signed, str]:
    found = check(KEY, lambda path: (folder / path).read_bytes())
    return found.state, found.text


def test_the_right_key_is_named(signed: Path, keys: Keys) -> None:
    state, text = judged(signed)
    assert state is Signed.GOOD
    fingerprint = next(line.split(b":")[9] for line in keys.gpg("--with-colons", "--list-keys", "maker").splitlines() if line[:3] == b"fpr")
    assert fingerprint.decode() in text


def test_a_key_without_armor_and_several_in_a_file_do_as_well(signed: Path, keys: Keys) -> None:
    (signed / KEY).write_bytes(keys.public("maker"))
    assert judged(signed)[0] is Signed.GOOD
    (signed / KEY).write_bytes(keys.public("other", "--armor") + b"\n" + keys.public("maker", "--armor"))
    assert judged(signed)[0] is Signed.GOOD


BAD: dict[str, tuple[Callable[[Path, Keys], object], str]] = {
    "the list was changed": (lambda folder, _: (folder / REPOMD).open("a").write(" "), "does not fit repodata/repomd.xml"),
    "another key signed": (
        lambda folder, keys: (folder / SIGNATURE).write_bytes(keys.sign("other", (folder / REPOMD).read_bytes())), f"not in {KEY}",
    ),
    "another key lies there": (lambda folder, keys: (folder / KEY).write_bytes(keys.public("other", "--armor")), f"not in {KEY}"),
    "no signature": (lambda folder, _: (folder / SIGNATURE).write_bytes(b"nothing\n"), "no signature that could be read"),
    "an empty signature": (lambda folder, _: (folder / SIGNATURE).write_bytes(b""), "no signature that could be read"),
    "no key": (lambda folder, _: (folder / KEY).write_bytes(b"nothing\n"), "Signature key import failed"),
    "an empty key": (lambda folder, _: (folder / KEY).write_bytes(b""), "Signature key import failed"),
    "half a key": (lambda folder, _: (folder / KEY).write_bytes((folder / KEY).read_bytes()[:200]), "Signature key import failed"),
    "a private key": (lambda folder, _: (folder / KEY).write_bytes(b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nAAAA\n"), "import failed"),
    "an option for a key": (lambda folder, _: (folder / KEY).write_bytes(b"--keyring=/etc/passwd\n"), "import failed"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD)
def test_what_an_installer_would_refuse_is_bad(signed: Path, keys: Keys, fault: str) -> None:
    spoil, says = BAD[fault]
    spoil(signed, keys)
    state, text = judged(signed)
    assert state is Signed.BAD
    assert says in text


def test_an_expired_signature_is_told_and_not_refused(signed: Path, keys: Keys) -> None:
    text = (signed / REPOMD).read_bytes()
    then = ["--faked-system-time", "20200101T000000"]
    keys.gpg(*then, "--quick-generate-key", "old <old@example.com>", "ed25519", "sign", "1y")
    (signed / KEY).write_bytes(keys.public("old", "--armor"))
    (signed / SIGNATURE).write_bytes(keys.gpg(*then, "--local-user", "old@example.com", "--armor", "--detach-sign", text=text))
    state, said = judged(signed)
    assert state is Signed.EXPIRED
    assert "has expired" in said


def test_a_medium_without_keys_is_not_signed_and_says_so() -> None:
    assert check("", lambda _path: b"").state is Signed.NONE


def test_without_gpgv_it_is_said_that_nothing_was_checked(signed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    state, text = judged(signed)
    assert state is Signed.UNCHECKED
    assert "gpgv is not installed" in text


def test_a_verification_tells_the_signature_and_a_bad_one_is_damage(
    store: Store, data: Path, signed: Path, bring: Bring, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    medium = bring(signed, "signed")
    verdict = verify.full(store, data, medium, lambda *_: None)
    assert verdict.signature is not None
    assert (verdict.signature.state, verdict.faults, verdict.warnings) == (Signed.GOOD, (), ())
    with monkeypatch.context() as patch:
        patch.setenv("PATH", "/nowhere")
        bare = verify.full(store, data, medium, lambda *_: None)
    assert bare.state is MediumState.GOOD
    assert "gpgv is not installed" in bare.warnings[0]
    (data / "media" / medium.folder / SIGNATURE).write_bytes(keys.sign("other", (signed / REPOMD).read_bytes()))
    faults = verify.changed(store, data, medium, lambda *_: None).faults
    assert any("is not in" in fault for fault in faults), faults


def test_a_medium_with_a_bad_signature_is_not_imported(signed: Path, bring: Bring, keys: Keys, data: Path) -> None:
    (signed / SIGNATURE).write_bytes(keys.sign("other", (signed / REPOMD).read_bytes()))
    with pytest.raises(PxeserveError, match="which is not in"):
        bring(signed, "signed")
    assert not list((data / "media").iterdir())


def test_a_key_that_begins_a_hundred_thousand_times_is_told_at_once() -> None:
    """In a child, as it held the interpreter for hours: four times as long for twice the bytes, and 8 MiB are read."""
    text = "b'-----BEGIN PGP PUBLIC KEY BLOCK-----\\n' * 200_000"
    words = f"from pxeserve.repo.signature import check; text = {text}; print(check('k', lambda _: text).state)"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "bad\n"
