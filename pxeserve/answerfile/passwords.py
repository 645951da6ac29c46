"""Root passwords as installers and hosts read them: crypt strings, made here so that plain text goes no further than the command line.

SHA-512 crypt (`$6$`) for people's passwords, with a fresh salt each time; MD5 crypt (`$1$`) only for random passwords of hosts whose C
library knows nothing better. Written out from the public descriptions, since Python's `crypt` is gone from 3.13 on and this is two short
functions; tests hold them against OpenSSL and the C library. Refuses to know who has which password, and keeps none.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from collections.abc import Sequence

ROUNDS = 656_000
"""For passwords that people think of: about half a second here, and so for who guesses."""

RANDOM_ROUNDS = 100_000
"""For random ones, which nobody guesses; fewer are refused."""

SHORTEST, LONGEST = 6, 255
"""Characters, and bytes as UTF-8. Six is what the installers' own screen asks for."""

ASK_AT_FIRST_BOOT = "!!"
"""Instead of a hash: the host asks for a password when it starts for the first time (5.6 and later)."""

_ALPHABET = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI")))
_LENGTH = 20
_ITOA64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DEFAULT_ROUNDS, _LEAST_ROUNDS, _MOST_ROUNDS = 5_000, 1_000, 999_999_999
_SALT = re.compile(r"[./0-9A-Za-z]{1,16}", re.ASCII)
_SHA512_ORDER = (
    (0, 21, 42), (22, 43, 1), (44, 2, 23), (3, 24, 45), (25, 46, 4), (47, 5, 26), (6, 27, 48), (28, 49, 7), (50, 8, 29), (9, 30, 51),
    (31, 52, 10), (53, 11, 32), (12, 33, 54), (34, 55, 13), (56, 14, 35), (15, 36, 57), (37, 58, 16), (59, 17, 38), (18, 39, 60),
    (40, 61, 19), (62, 20, 41),
)  # fmt: skip
_MD5_ORDER = ((0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5))
_WHOLE = re.compile(r"\$(?:6\$(?:rounds=(\d+)\$)?[^$:\s]{0,16}\$[./0-9A-Za-z]{86}|5\$(?:rounds=(\d+)\$)?[^$:\s]{0,16}\$[./0-9A-Za-z]{43})")


def random_password() -> str:
    """A password of 20 characters that cannot be taken for one another: 116 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def password_fault(password: str) -> str | None:
    """What keeps `password` from being a root password, as a sentence that does not repeat it; None when nothing does."""
    if len(password) < SHORTEST:
        return f"a root password has {SHORTEST} characters at least"
    if len(password.encode("utf-8", "surrogatepass")) > LONGEST:
        return f"a root password has {LONGEST} bytes at most"
    if not password.isprintable():
        return "a root password holds no control characters"
    return None


def hashed(password: str, rounds: int = ROUNDS) -> str:
    """`password` as a SHA-512 crypt string with a salt that was never used before. Raises ValueError, without the password in it."""
    fault = password_fault(password)
    if fault is not None:
        raise ValueError(fault)
    return sha512_crypt(password.encode(), _salt(16), rounds)


def rotated(password: str) -> str:
    """The same as MD5 crypt, which every host's C library knows (glibc before 2.7 knows nothing better). Only for random passwords."""
    return md5_crypt(password.encode(), _salt(8))


def own_hash(hashes: Sequence[str], host_id: int) -> str:
    """The one of a profile's `hashes`, all of one password, that the host with this id takes: no two hosts made one after the other
    share a salt while there are enough of them."""
    return hashes[host_id % len(hashes)]


def hash_fault(text: str) -> str | None:
    """What keeps a crypt string from being used at all, as a sentence that does not repeat it; None when nothing does."""
    if text in (ASK_AT_FIRST_BOOT, "!", "*"):
        return None
    if not text.startswith("$"):
        return "this is no crypt string of a kind that is safe: DES crypt is broken, and a plain password is not a hash"
    kind = text[1:].partition("$")[0]
    if kind == "1":
        return "this is MD5 crypt, which is guessed too fast"
    if kind not in ("5", "6", "y", "gy", "2a", "2b", "2y"):
        return "this is a crypt string of a kind that no installed host is known to read"
    return None


def hash_advice(text: str) -> str | None:
    """What is unwise about a crypt string that may be used, as a sentence that does not repeat it; None when nothing is."""
    if not text.startswith(("$5$", "$6$")):
        return None if text in (ASK_AT_FIRST_BOOT, "!", "*") else "hosts up to 8.x do not know this kind of crypt string: use $6$"
    found = _WHOLE.fullmatch(text)
    if found is None:
        return "this crypt string is not whole: a hash of this kind has another length, so nobody could log in"
    rounds = int(found[1] or found[2] or _DEFAULT_ROUNDS)
    return None if rounds >= RANDOM_ROUNDS else f"this crypt string has {rounds} rounds; with {ROUNDS} it takes longer to guess"


def sha512_crypt(password: bytes, salt: str, rounds: int) -> str:
    """SHA-512 crypt as U. Drepper described it (SHA-crypt, version 0.6), with the rounds written out unless they are the default 5000.

    Raises ValueError for a salt that is not of 1 to 16 characters of `./0-9A-Za-z`, or rounds outside 1000 to 999999999.
    """
    if not _SALT.fullmatch(salt):
        raise ValueError("a salt has 1 to 16 characters of ./0-9A-Za-z")
    if not _LEAST_ROUNDS <= rounds <= _MOST_ROUNDS:
        raise ValueError(f"rounds are {_LEAST_ROUNDS} to {_MOST_ROUNDS}")
    sha, salted = hashlib.sha512, salt.encode()
    other = sha(password + salted + password).digest()
    begun = sha(password + salted + _stretched(other, len(password)))
    length = len(password)
    while length:
        begun.update(other if length & 1 else password)
        length >>= 1
    digest = begun.digest()
    p = _stretched(sha(password * len(password)).digest(), len(password))
    s = _stretched(sha(salted * (16 + digest[0])).digest(), len(salted))
    pairs = [(_middle(i, p, s) + p, p + _middle(i + 1, p, s)) for i in range(0, 42, 2)]   # what is mixed in repeats after 2 * 3 * 7 rounds
    for tail, head in pairs * (rounds // 42):
        digest = sha(head + sha(digest + tail).digest()).digest()
    for number in range(rounds % 42):
        tail, head = pairs[number // 2]
        digest = sha(head + digest).digest() if number & 1 else sha(digest + tail).digest()
    said = "" if rounds == _DEFAULT_ROUNDS else f"rounds={rounds}$"
    return f"$6${said}{salt}${_text(digest, _SHA512_ORDER)}{_letters(digest[63], 2)}"


def md5_crypt(password: bytes, salt: str) -> str:
    """MD5 crypt as P.-H. Kamp made it for FreeBSD. Raises ValueError for a salt that is not of 1 to 8 characters of `./0-9A-Za-z`."""
    if not _SALT.fullmatch(salt) or len(salt) > 8:
        raise ValueError("a salt has 1 to 8 characters of ./0-9A-Za-z")
    salted = salt.encode()
    begun = password + b"$1$" + salted + _stretched(_md5(password + salted + password), len(password))
    length = len(password)
    while length:
        begun += b"\0" if length & 1 else password[:1]
        length >>= 1
    digest = _md5(begun)
    for i in range(1000):
        digest = _md5(
            (password if i & 1 else digest) + (salted if i % 3 else b"") + (password if i % 7 else b"") + (digest if i & 1 else password)
        )
    return f"$1${salt}${_text(digest, _MD5_ORDER)}{_letters(digest[11], 2)}"


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _middle(number: int, p: bytes, s: bytes) -> bytes:
    return (s if number % 3 else b"") + (p if number % 7 else b"")


def _stretched(digest: bytes, length: int) -> bytes:
    return (digest * (length // len(digest) + 1))[:length]


def _text(digest: bytes, order: Sequence[tuple[int, int, int]]) -> str:
    return "".join(_letters(digest[a] << 16 | digest[b] << 8 | digest[c], 4) for a, b, c in order)


def _letters(value: int, count: int) -> str:
    return "".join(_ITOA64[value >> 6 * place & 0x3F] for place in range(count))


def _salt(length: int) -> str:
    return "".join(secrets.choice(_ITOA64) for _ in range(length))
