"""Certificates of the console: made, kept, taken over, and refused in words that say how to mend it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from pxeserve import certificates
from pxeserve.errors import NotFoundError, PxeserveError

NOW = datetime.now(UTC)


def issued(
    name: str = "boot.example.com",
    key: ec.EllipticCurvePrivateKey | None = None,
    by: tuple[str, ec.EllipticCurvePrivateKey] | None = None,
    ends: datetime = NOW + timedelta(days=90),
    names: bool = True,
) -> tuple[str, ec.EllipticCurvePrivateKey]:
    """A certificate as PEM and its key; signed by itself, or `by` another name and key."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    issuer, signer = by or (name, key)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - timedelta(days=100))
        .not_valid_after(ends)
    )
    if names:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return made.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM).decode(), key


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_our_own_is_made_once_names_what_it_is_for_and_is_nobody_elses_to_read(tmp_path: Path) -> None:
    assert certificates.ensure(tmp_path, ["boot.example.com", "10.77.0.1", "boot.example.com"])
    path = tmp_path / certificates.OWN
    assert path.stat().st_mode & 0o777 == 0o600
    first = certificates.read(path)
    assert first.names == ("boot.example.com", "10.77.0.1")
    assert (first.key, first.own) == ("ECDSA secp256r1", True)
    assert first.ends - first.begins == 397 * 86400
    assert not certificates.ensure(tmp_path, ["other.example.com"])
    assert certificates.read(path) == first
    assert [one.name for one in tmp_path.iterdir()] == [certificates.OWN]


def test_our_own_is_made_anew_before_it_ends_and_when_it_cannot_be_read(tmp_path: Path) -> None:
    certificates.ensure(tmp_path, ["a"])
    first = certificates.read(tmp_path / certificates.OWN)
    assert not certificates.ensure(tmp_path, ["a"], NOW + timedelta(days=366))
    assert certificates.ensure(tmp_path, ["a"], NOW + timedelta(days=368))
    assert certificates.read(tmp_path / certificates.OWN).fingerprint != first.fingerprint
    (tmp_path / certificates.OWN).write_text("nonsense")
    assert certificates.ensure(tmp_path, ["a"])


def test_a_better_one_is_taken_over_with_its_chain_and_given_up_again(tmp_path: Path) -> None:
    certificates.ensure(tmp_path, ["a"])
    root, root_key = issued("root")
    leaf, key = issued(by=("root", root_key))
    found = certificates.bring(tmp_path, leaf + root, pem(key))
    assert (found.issuer, found.names, found.own) == ("root", ("boot.example.com",), False)
    path = certificates.file_of(tmp_path)
    assert path.name == certificates.IMPORTED
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().count("BEGIN CERTIFICATE") == 2
    certificates.forget(tmp_path)
    assert certificates.file_of(tmp_path).name == certificates.OWN
    with pytest.raises(NotFoundError):
        certificates.forget(tmp_path)


def wrong() -> dict[str, tuple[str, str, str]]:
    leaf, key = issued()
    root, root_key = issued("root")
    signed, signed_key = issued(by=("root", root_key))
    over, over_key = issued(ends=NOW - timedelta(days=1))
    nameless, nameless_key = issued(names=False)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode()
    return {
        "another key": (leaf, pem(root_key), "not the certificate's"),
        "the wrong way round": (pem(key), leaf, "no PEM certificate"),
        "no key": (leaf, "nonsense", "no PEM private key"),
        "a locked key": (leaf, locked, "locked with a password"),
        "a weak key": (leaf, pem(rsa.generate_private_key(65537, 1024)), "1024 bits"),
        "one that is over": (over, pem(over_key), "ended on"),
        "one without names": (nameless, pem(nameless_key), "names no host"),
        "a chain of strangers": (signed + leaf, pem(signed_key), "out of order"),
        "the chain upside down": (root + signed, pem(signed_key), "not the certificate's"),
        "nothing": ("", "", "no PEM certificate"),
        "too much": ("x" * (certificates.LARGEST + 1), "", "KiB"),
    }


WRONG = wrong()


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_served_with_is_refused_and_changes_nothing(tmp_path: Path, what: str) -> None:
    certificate, key, says = WRONG[what]
    with pytest.raises(PxeserveError, match=says):
        certificates.bring(tmp_path, certificate, key)
    assert list(tmp_path.iterdir()) == []
