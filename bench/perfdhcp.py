"""Kea's perfdhcp as the load, and its report as figures."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from bench.machine import CLIENT_CORE

_PART = re.compile(r"\*\*\*Statistics for: (?P<name>[A-Z]+-[A-Z]+)\*\*\*(?P<body>.*?)(?=\*\*\*|\Z)", re.DOTALL)
_FIELD = re.compile(r"^(?P<name>[a-z -]+?)(?: ratio)?: (?P<value>-?[0-9.]+|-nan|nan|inf)(?: ms| %)?\s*$", re.MULTILINE)
_numbers = count(1)

PXE = (
    "60,505845436c69656e743a417263683a30303030303a554e44493a303032303031",  # "PXEClient:Arch:00000:UNDI:002001"
    "93,0000",
    "94,010201",
    "97,00000102030405060708090a0b0c0d0e0f",
)
"""The options of a BIOS machine's network boot."""


@dataclass(frozen=True, slots=True)
class Half:
    """DISCOVER-OFFER, or REQUEST-ACK: packets sent and received, how many had no answer in time, milliseconds on average."""

    sent: int
    received: int
    delay: float

    @property
    def drops(self) -> float:
        """Per cent that had no answer."""
        return 100.0 * (self.sent - self.received) / self.sent if self.sent else 100.0


@dataclass(frozen=True, slots=True)
class Report:
    """One run."""

    offers: Half
    acks: Half | None

    @property
    def drops(self) -> float:
        """Of the worse half, in per cent."""
        return max(self.offers.drops, self.acks.drops if self.acks else 0.0)

    @property
    def exchanges(self) -> int:
        """That came to their end."""
        return (self.acks or self.offers).received


def run(space: str, rate: int, seconds: float, *, offers_only: bool = False, options: Sequence[str] = (), number: int = 0) -> Report:
    """`rate` exchanges a second for `seconds`, or `number` of them, each of a machine that was never seen before. Raises RuntimeError."""
    words = ["perfdhcp", "-4", "-g", "single", "-l", "10.64.0.2", "-r", str(rate), "-R", "1000000", "-W", "1000000"]
    words += ["-n", str(number)] if number else ["-p", str(max(1, round(seconds)))]
    words += ["-b", f"mac=02:{next(_numbers):02x}:00:00:00:00"]
    words += ["-i"] if offers_only else ["-u"]
    for option in options:
        words += ["-o", option]
    command = ["ip", "netns", "exec", space, "taskset", "-c", CLIENT_CORE, *words, "10.64.0.1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    report = read(done.stdout)
    if report is None:
        raise RuntimeError(f"{' '.join(words)}: ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-500:]}")
    if "non unique addresses: 0" not in done.stdout and not offers_only:
        raise RuntimeError(f"{' '.join(words)}: one address was lent twice: {done.stdout[-1500:]}")
    return report


def read(text: str) -> Report | None:
    """The report in what perfdhcp printed; None when there is none."""
    halves = {}
    for part in _PART.finditer(text):
        fields = {field["name"].strip(): field["value"] for field in _FIELD.finditer(part["body"])}
        delay = fields.get("avg delay", "0")
        try:
            halves[part["name"]] = Half(int(fields["sent packets"]), int(fields["received packets"]), float(delay))
        except (KeyError, ValueError):
            return None
    offers = halves.get("DISCOVER-OFFER")
    return Report(offers, halves.get("REQUEST-ACK")) if offers else None
