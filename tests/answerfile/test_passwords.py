"""Crypt strings against OpenSSL and this machine's C library, and what is said about those that people bring."""

import ctypes
import ctypes.util
import shutil
import subprocess
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.answerfile import passwords

ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PASSWORDS = st.text(st.characters(exclude_categories=("C",)), min_size=6, max_size=90).filter(lambda text: len(text.encode()) <= 255)


def _crypt() -> Any:
    name = ctypes.util.find_library("crypt")
    if name is None:
        return None
    function = ctypes.CDLL(name).crypt
    function.restype = ctypes.c_char_p
    function.argtypes = (ctypes.c_char_p, ctypes.c_char_p)
    return function


LIBRARY = _crypt()


@pytest.mark.skipif(LIBRARY is None, reason="this C library has no crypt")
@given(password=PASSWORDS, salt=st.text(ALPHABET, min_size=1, max_size=16), rounds=st.integers(1000, 1200) | st.just(5000))
def test_sha512_crypt_is_what_the_c_library_makes(password: str, salt: str, rounds: int) -> None:
    assert LIBRARY is not None
    setting = f"$6$rounds={rounds}${salt}$" if rounds != 5000 else f"$6${salt}$"
    assert LIBRARY(password.encode(), setting.encode()) == passwords.sha512_crypt(password.encode(), salt, rounds).encode()


@pytest.mark.skipif(LIBRARY is None, reason="this C library has no crypt")
@given(password=PASSWORDS, salt=st.text(ALPHABET, min_size=1, max_size=8))
def test_md5_crypt_is_what_the_c_library_makes(password: str, salt: str) -> None:
    assert LIBRARY is not None
    assert LIBRARY(password.encode(), f"$1${salt}$".encode()) == passwords.md5_crypt(password.encode(), salt).encode()


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
@pytest.mark.parametrize("password", ["secret", "with blanks, and more than sixty-four bytes of it, so that digests repeat", "pässwörd"])
def test_both_are_what_openssl_makes(password: str) -> None:
    def openssl(kind: str, salt: str) -> str:
        done = subprocess.run(
            ["openssl", "passwd", kind, "-salt", salt, "-stdin"], input=password + "\n", capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    assert openssl("-6", "AbCd/.09efghijkl") == passwords.sha512_crypt(password.encode(), "AbCd/.09efghijkl", 5000)
    assert openssl("-6", "rounds=100000$salty") == passwords.sha512_crypt(password.encode(), "salty", 100_000)
    assert openssl("-1", "saltsalt") == passwords.md5_crypt(password.encode(), "saltsalt")


def test_every_hash_has_a_salt_of_its_own_and_its_rounds_written_out() -> None:
    made = {passwords.hashed("one and the same", rounds=1000) for _ in range(20)}
    assert len(made) == 20
    assert passwords.hashed("secret").startswith("$6$rounds=656000$")
    assert passwords.hash_fault(passwords.hashed("secret")) is None
    assert passwords.hash_advice(passwords.hashed("secret")) is None


def test_hosts_that_follow_each_other_share_no_salt() -> None:
    hashes = [passwords.hashed("one password", rounds=1000) for _ in range(8)]
    assert len({passwords.own_hash(hashes, host) for host in range(17, 25)}) == 8


@pytest.mark.parametrize("password", ["short", "with\nnewline", "with\0nul", "planted" * 64])
def test_what_cannot_be_a_password_is_refused_without_repeating_it(password: str) -> None:
    with pytest.raises(ValueError, match="a root password") as error:
        passwords.hashed(password)
    shown = "".join(traceback.format_exception_only(error.value))
    assert password not in shown
    assert password[:12] not in shown or password == "short"


def test_random_passwords_are_long_and_cannot_be_misread() -> None:
    made = [passwords.random_password() for _ in range(200)]
    assert len(set(made)) == 200
    assert all(len(one) == 20 and not set(one) & set("0O1lI") for one in made)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("!!", None), ("$6$salt$hash", None), ("$5$salt$hash", None), ("$y$j9T$salt$hash", None),
        ("$1$salt$hash", "MD5 crypt"), ("ab01FAX.bQRSU", "DES crypt"), ("secret", "DES crypt"), ("$3$salt$hash", "of a kind"),
    ],
)  # fmt: skip
def test_hashes_that_are_not_safe_are_refused(text: str, fault: str | None) -> None:
    said = passwords.hash_fault(text)
    assert said == fault if fault is None else fault in (said or "")
    assert text not in (said or "")


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("!!", None),
        ("$6$salt$hash", "not whole"),
        (passwords.sha512_crypt(b"secret", "salt", 5000), "5000 rounds"),
        (passwords.sha512_crypt(b"secret", "salt", 100_000), None),
        ("$y$j9T$salt$hash", "use $6$"),
    ],
)
def test_hashes_that_are_unwise_are_named_so(text: str, advice: str | None) -> None:
    said = passwords.hash_advice(text)
    assert said == advice if advice is None else advice in (said or "")


@pytest.mark.parametrize(("salt", "rounds"), [("", 5000), ("a" * 17, 5000), ("a$b", 5000), ("salt", 999), ("salt", 10**9)])
def test_salts_and_rounds_outside_their_bounds_are_refused(salt: str, rounds: int) -> None:
    with pytest.raises(ValueError, match=r"salt|rounds"):
        passwords.sha512_crypt(b"secret", salt, rounds)
