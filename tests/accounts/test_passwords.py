"""What may be a password, and what a hash of it promises."""

from __future__ import annotations

import threading

import pytest
from argon2 import PasswordHasher

from pxeserve.accounts import passwords
from pxeserve.accounts.passwords import Hasher
from pxeserve.errors import PxeserveError


@pytest.mark.parametrize("password", ["x" * 12, "correct horse battery", "пароль с пробелом", "x" * 1024, "ü" * 512])
def test_what_may_be_one(password: str) -> None:
    assert passwords.fault(password) is None


@pytest.mark.parametrize(
    ("password", "word"),
    [("", "12 characters"), ("elevenchars", "12 characters"), ("x" * 1025, "1024 bytes"), ("ü" * 513, "1024 bytes"),
     ("with\nnewline in it", "control"), ("with\0nothing in it", "control"), ("half \ud800 of a pair", "1024 bytes")],
)  # fmt: skip
def test_what_may_not_and_the_sentence_does_not_tell_it(password: str, word: str) -> None:
    said = passwords.fault(password)
    assert said is not None
    assert word in said
    assert not password or password not in said


def test_a_hash_is_argon2id_with_the_parameters_of_the_house(hasher: Hasher) -> None:
    made = hasher.hashed("correct horse battery")
    assert made.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert hasher.fits(made, "correct horse battery")
    assert not hasher.fits(made, "correct horse batterie")
    assert made != hasher.hashed("correct horse battery")
    assert not hasher.is_old(made)


def test_one_spelling_for_what_looks_the_same(hasher: Hasher) -> None:
    assert hasher.fits(hasher.hashed("caf\u00e9 caf\u00e9 caf\u00e9"), "cafe\u0301 cafe\u0301 cafe\u0301")


def test_a_hash_with_other_parameters_is_old_and_still_fits(hasher: Hasher) -> None:
    older = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=2).hash("correct horse battery")
    assert hasher.is_old(older)
    assert hasher.fits(older, "correct horse battery")


@pytest.mark.parametrize("kept", ["", "$argon2id$", "plain", "$2b$12$abcdefghijklmnopqrstuv"])
def test_what_is_no_hash_fits_nothing(hasher: Hasher, kept: str) -> None:
    assert not hasher.fits(kept, kept)
    assert not hasher.fits(kept, "correct horse battery")


def test_nobody_has_no_password_not_even_the_one_of_the_dummy(hasher: Hasher) -> None:
    assert not hasher.fits(None, "the password of nobody at all")


def test_a_megabyte_is_never_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = Hasher()
    monkeypatch.setattr(hasher, "_argon2", None)
    assert not hasher.fits(None, "x" * 1_000_000)
    with pytest.raises(PxeserveError, match="1024 bytes"):
        hasher.hashed("x" * 1_000_000)


def test_four_at_once_and_the_fifth_is_told_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher, held = Hasher(patience=0.05), threading.Event()
    within, wanted = threading.Semaphore(0), passwords.AT_ONCE

    class Slow:
        def hash(self, _password: str) -> str:
            within.release()
            held.wait(30)
            return "hash"

    monkeypatch.setattr(hasher, "_argon2", Slow())
    threads = [threading.Thread(target=hasher.hashed, args=("correct horse battery",)) for _ in range(wanted)]
    for thread in threads:
        thread.start()
    for _ in range(wanted):
        assert within.acquire(timeout=60)
    with pytest.raises(PxeserveError) as busy:
        hasher.hashed("correct horse battery")
    assert busy.value.code == "busy"
    held.set()
    for thread in threads:
        thread.join()
    assert hasher.hashed("correct horse battery") == "hash"   # the places are free again
