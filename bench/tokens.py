"""What 10,000 wrong tokens and some wrong passwords give, and how long each takes: whether the time tells how near one was.

In this process, since the gate and TLS add the same to every request. No peer has the like.
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
from pathlib import Path
from statistics import median, quantiles

from pxeserve.accounts import people, tokens
from pxeserve.accounts.passwords import Hasher
from pxeserve.accounts.reception import Reception
from pxeserve.domain.role import Role
from pxeserve.moment import SYSTEM
from pxeserve.store import open_store

APART = 0.001
"""Seconds by which two ways to be wrong, tried one after the other, may differ in the middle of all tries."""

SHARE = 0.05
"""Of the time of a hash, by which a wrong password of somebody and of nobody may differ."""

_PHRASE = "correct horse battery"
ADDRESS = "192.0.2.7"
_ALPHABET = string.ascii_letters + string.digits + "-_"


def wrong_ones(text: str) -> dict[str, Callable[[], str]]:
    """Ways to be wrong about the token `text`, each giving another one every time."""
    chance = random.Random(8)  # noqa: S311 - to be wrong in the same ways each time
    id, secret = text[4:12], text[13:]

    def unknown() -> str:
        return f"pxs_{''.join(chance.choice('abcdefghijklmnopqrstuvwxyz234567') for _ in range(8))}_{secret}"

    def off_at(place: int) -> str:
        return f"pxs_{id}_{secret[:place]}{chance.choice(_ALPHABET.replace(secret[place], ''))}{secret[place + 1 :]}"

    return {
        "unknown id": unknown,
        "another secret": lambda: f"pxs_{id}_{secrets.token_urlsafe(32)}",
        "first letter wrong": lambda: off_at(0),
        "last letter wrong": lambda: off_at(42),
        "no token at all": lambda: "".join(chance.choice(string.printable) for _ in range(56)),
    }


def tried(reception: Reception, ways: dict[str, Callable[[], str]], count: int) -> tuple[dict[str, list[float]], int]:
    """Seconds for each try of each way, in turn, and how many opened anything."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    opened = 0
    for number in range(count):
        name = list(ways)[number % len(ways)]
        text = ways[name]()
        began = time.perf_counter()
        found = reception.by_token(text, ADDRESS)
        taken[name].append(time.perf_counter() - began)
        opened += found is not None
    return taken, opened


def compared(hasher: Hasher, kept: str, count: int) -> dict[str, list[float]]:
    """Seconds for a wrong password of somebody and of nobody."""
    taken: dict[str, list[float]] = {"a wrong password": [], "of an account that is not there": []}
    for _ in range(count):
        for name, hashed in (("a wrong password", kept), ("of an account that is not there", None)):
            began = time.perf_counter()
            hasher.fits(hashed, "not the password")
            taken[name].append(time.perf_counter() - began)
    return taken


def shown(what: str, taken: dict[str, list[float]], limit: float) -> bool:
    """Print them; whether they are within `limit` seconds of each other."""
    for name, seconds in taken.items():
        cuts = quantiles(seconds, n=100)
        print(f"{what:10}{name:34}{median(seconds) * 1e6:10.0f} us, 99 of 100 within {cuts[98] * 1e6:8.0f} us  ({len(seconds)})")
    first, *others = (seconds for name, seconds in taken.items() if name != "no token at all")
    apart = max(abs(median(one - other for one, other in zip(first, seconds, strict=False))) for seconds in others)
    print(f"{'held' if apart < limit else 'MISSED':10}one after the other, they are {apart * 1e6:.0f} us apart, {limit * 1e6:.0f} at most")
    return apart < limit


def main() -> int:
    """Measure, print, and tell whether the limits are held."""
    parser = argparse.ArgumentParser(prog="bench/run tokens")
    parser.add_argument("--rounds", type=int, default=10_000)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="pxeserve-bench.") as folder:
        store, hasher = open_store(Path(folder), migrate=True), Hasher()
        now = SYSTEM.now()
        with store.site.write() as connection:
            people.add_first(connection, people.new("anna", Role.ADMIN, hasher.hashed(_PHRASE), "bench", now.wall), "bench", now.wall)
            text, _ = tokens.make(connection, "anna", tokens.Wish("bench", Role.VIEWER), "bench", now)
        reception = Reception(store, Path(folder), hasher=hasher)
        gc.disable()
        tried(reception, wrong_ones(text), 500)
        taken, opened = tried(reception, wrong_ones(text), rounds)
        held = shown("token", taken, APART)
        print(f"{'held' if opened == 0 else 'MISSED':10}{rounds} wrong tokens opened {opened}")
        with store.site.read() as connection:
            kept = people.known(connection, "anna").password
        hashes = compared(hasher, kept, 200)
        near = shown("password", hashes, median(hashes["a wrong password"]) * SHARE)
        store.close()
    return 0 if held and near and opened == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
