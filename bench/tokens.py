"""What 10,000 wrong tokens of every kind and some wrong passwords give, and how long each takes: whether the time tells how near one was.

In this process, since the gate and TLS add the same to every request, and noise besides. No peer has the like.

A comparison that ends at the first byte which differs would tell how many of a secret's first bytes are right, and so give it away byte
by byte. So wrong secrets of one known id, right to different lengths, must take the same time (NEARNESS). The time does tell two other
things, which open nothing: whether an id is known (it stands in the audit and in lists, and is no secret), and, to whoever holds the
whole of a right token, that it was revoked, is over, or its owner's account is disabled. Those are held to APART alone.

Tries of all kinds are mixed, in another order each round, so that whatever else the machine does meets all alike; medians are compared.
A difference counts when it is more than this run can tell from nothing, which is NOISE times the most by which two halves of one and the
same kind lie apart: on a busy machine that is more, and with more rounds it is less.
"""

from __future__ import annotations

import argparse
import gc
import random
import secrets
import string
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles

from pxeserve.accounts import people, tokens
from pxeserve.accounts.passwords import Hasher
from pxeserve.accounts.reception import Reception
from pxeserve.domain.role import Role
from pxeserve.moment import SYSTEM
from pxeserve.store import Store, open_store

NEARNESS = 20e-6
"""Seconds that are no difference in any case: the least that was told apart over the Internet with thousands of tries (Crosby, Wallach and
Riedi, Opportunities and limits of remote timing attacks, 2009: 20 us)."""

APART = 0.001
"""Seconds by which any two kinds of wrong tokens, and of wrong passwords, may differ in any case (threats T3)."""

NOISE = 4.0
"""Times the difference of two halves of one kind. Their medians differ by about 1.6 standard errors of half the tries at most among so many
kinds; two kinds of whole size would differ by less than twice that by chance in this run, and this leaves as much again."""

_PHRASE = "correct horse battery"
ADDRESS = "192.0.2.7"
_ALPHABET = string.ascii_letters + string.digits + "-_"
_IDS = "abcdefghijklmnopqrstuvwxyz234567"
WRONG, RIGHT = "another secret", ("first letter wrong", "first half right", "last letter wrong")
"""A secret that is wrong from its first letter to its last, and some that are right in part."""
UNKNOWN = ("unknown id", "unknown id, right secret")
OVER = ("revoked", "expired", "of a disabled account")
SHAPELESS = "no token at all"
"""Refused for its spelling, before anything is compared, as everybody may know."""
_HASHES = ("a wrong password", "of an account that is not there")


@dataclass(frozen=True, slots=True)
class Made:
    """Tokens that were made: one that is good, one that was revoked, one whose time is over, one whose owner is disabled."""

    good: str
    revoked: str
    expired: str
    disabled: str


def wrong_ones(made: Made) -> dict[str, Callable[[], str]]:
    """Ways to be wrong, each giving another one every time but for those that are right and no longer good."""
    chance = random.Random(8)  # noqa: S311 - to be wrong in the same ways each time
    id, secret = made.good[4:12], made.good[13:]

    def off_at(place: int) -> str:
        return f"pxs_{id}_{secret[:place]}{chance.choice(_ALPHABET.replace(secret[place], ''))}{secret[place + 1 :]}"

    def from_on(place: int) -> str:
        return f"pxs_{id}_{secret[:place]}{secrets.token_urlsafe(32)[place:]}"

    def unknown(text: str) -> str:
        return f"pxs_{''.join(chance.choice(_IDS) for _ in range(8))}_{text}"

    return {
        WRONG: lambda: from_on(0),
        RIGHT[0]: lambda: off_at(0),
        RIGHT[1]: lambda: from_on(21),
        RIGHT[2]: lambda: off_at(41),
        UNKNOWN[0]: lambda: unknown(secrets.token_urlsafe(32)),
        UNKNOWN[1]: lambda: unknown(secret),
        OVER[0]: lambda: made.revoked,
        OVER[1]: lambda: made.expired,
        OVER[2]: lambda: made.disabled,
        SHAPELESS: lambda: "".join(chance.choice(string.printable) for _ in range(56)),
    }


def tried(reception: Reception, ways: dict[str, Callable[[], str]], rounds: int) -> tuple[dict[str, list[float]], int]:
    """Seconds for each try of each way, all of them once a round in an order of its own; and how many opened anything."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    order, chance = list(ways), random.Random(2009)  # noqa: S311
    opened = 0
    for _ in range(rounds):
        chance.shuffle(order)
        for name in order:
            text = ways[name]()
            began = time.perf_counter()
            found = reception.by_token(text, ADDRESS)
            taken[name].append(time.perf_counter() - began)
            opened += found is not None
    return taken, opened


def compared(hasher: Hasher, kept: str, count: int) -> dict[str, list[float]]:
    """Seconds for a wrong password of somebody and of nobody, each first every other time."""
    taken: dict[str, list[float]] = {name: [] for name in _HASHES}
    kinds = list(zip(_HASHES, (kept, None), strict=True))
    for number in range(count):
        for name, hashed in kinds if number % 2 else kinds[::-1]:
            began = time.perf_counter()
            hasher.fits(hashed, "not the password")
            taken[name].append(time.perf_counter() - began)
    return taken


def shown(what: str, taken: dict[str, list[float]], base: str) -> None:
    """Print each kind beside the one that it is held against."""
    for name, seconds in taken.items():
        apart, cuts = median(seconds) - median(taken[base]), quantiles(seconds, n=100)
        spread = f"half within {cuts[24] * 1e6:.0f} to {cuts[74] * 1e6:.0f}, 99 of 100 within {cuts[98] * 1e6:.0f}"
        print(f"{what:10}{name:32}{median(seconds) * 1e6:9.1f} us, {apart * 1e6:+8.1f}; {spread}  ({len(seconds)})")


def within(taken: dict[str, list[float]], base: str, names: tuple[str, ...], least: float) -> bool:
    """Whether the middles of all `names` are as far from that of `base` as can be told from nothing in this run, or `least` (seconds)."""
    itself = max(abs(median(taken[name][::2]) - median(taken[name][1::2])) for name in names)
    limit = max(NOISE * itself, least)
    apart = max(abs(median(taken[name]) - median(taken[base])) for name in names)
    print(
        f"{'held' if apart <= limit else 'MISSED':10}{', '.join(names)}: {apart * 1e6:.1f} us from {base!r} at most; "
        f"{limit * 1e6:.1f} is the limit, and one kind lies up to {itself * 1e6:.1f} from itself"
    )
    return apart <= limit


def make_all(store: Store, hasher: Hasher) -> Made:
    """Accounts with those tokens."""
    now = SYSTEM.now()
    before = replace(now, wall=now.wall - 400 * tokens.DAY, boottime=0.0)
    with store.site.write() as connection:
        people.add_first(connection, people.new("anna", Role.ADMIN, hasher.hashed(_PHRASE), "bench", now.wall), "bench", now.wall)
        people.add(connection, people.new("dora", Role.VIEWER, "no hash", "bench", now.wall), "bench", now.wall)
        texts = {}
        for name, user, made in (("good", "anna", now), ("revoked", "anna", now), ("expired", "anna", before), ("disabled", "dora", now)):
            texts[name], row = tokens.make(connection, user, tokens.Wish("bench", Role.VIEWER), "bench", made)
            if name == "revoked":
                tokens.revoke(connection, row, "bench", now)
        people.disable(connection, people.known(connection, "dora"), "bench", now.wall)
    return Made(**texts)


def main() -> int:
    """Measure, print, and tell whether the limits are held."""
    parser = argparse.ArgumentParser(prog="bench/run tokens")
    parser.add_argument("--rounds", type=int, default=1000, help="each tries every kind once; 1000 are 10,000 tokens")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="pxeserve-bench.") as folder:
        store, hasher = open_store(Path(folder), migrate=True), Hasher()
        ways = wrong_ones(make_all(store, hasher))
        reception = Reception(store, Path(folder), hasher=hasher)
        gc.disable()
        tried(reception, ways, 50)
        taken, opened = tried(reception, ways, rounds)
        shown("token", taken, WRONG)
        held = [within(taken, WRONG, RIGHT, NEARNESS), within(taken, WRONG, (*UNKNOWN, *OVER), APART)]
        print(f"{'held' if opened == 0 else 'MISSED':10}{rounds * len(ways)} wrong tokens opened {opened}")
        with store.site.read() as connection:
            kept = people.known(connection, "anna").password
        hashes = compared(hasher, kept, 60)
        shown("password", hashes, _HASHES[0])
        held.append(within(hashes, _HASHES[0], _HASHES[1:], APART))
        store.close()
    return 0 if all(held) and opened == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
