"""Real TFTP clients over a cable that loses, doubles, delays and damages frames: it slows them, and never gives them a wrong file."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.service import Service
from tests.faults.space import Space
from tests.faults.wire import HERE, Fate, Wire, wired

pytestmark = [pytest.mark.netns, pytest.mark.measured]
BODY = random.Random(200).randbytes(200_000)
NAME = "200k.bin"
CLIENTS: dict[str, Callable[[Path], list[str]]] = {
    "curl": lambda to: ["curl", "-sS", "--max-time", "60", "--tftp-blksize", "1468", "-o", str(to), f"tftp://{HERE}/{NAME}"],
    "tftp-hpa": lambda to: ["tftp", "-m", "octet", HERE, "-c", "get", NAME, str(to)],
    "atftp": lambda to: ["atftp", "--get", "--option", "blksize 1468", "-r", NAME, "-l", str(to), HERE],
    "atftp, windowsize 16": lambda to: [
        *("atftp", "--get", "--option", "blksize 1428", "--option", "windowsize 16"),
        *("-r", NAME, "-l", str(to), HERE),
    ],
}  # fmt: skip
CABLES = {
    "5 % doubled": Fate(double=0.05),
    "5 % late by 8 ms": Fate(late=0.05),
    "10 ms, 5 more or less, each way": Fate(delay=0.010, jitter=0.005),
    "1 bit in 1 % of frames": Fate(corrupt=0.01),
    "loss, doubles, late, 2 % each, 2 ms": Fate(loss=0.02, double=0.02, late=0.02, delay=0.002),
}
LIMITS = {0.01: 3.0, 0.05: 10.0}
"""Seconds for 200 kB by the share of frames that are lost."""


@dataclass
class Course:
    """How one client fared: its word on whether it worked, what it has, what it said, and the seconds it took."""

    fine: bool
    body: bytes
    said: str
    seconds: float

    @property
    def gave_up(self) -> bool:
        """atftp 0.8 ends with "unexpected OACK" when it gets a second one, as it must when its ACK of the first was lost."""
        return "unexpected OACK" in self.said

    @property
    def served(self) -> float:
        """Seconds without those in which it heard nothing and said nothing: atftp acknowledges a repeated block once, and when that
        is lost too it has to be left alone for the 5 s of its own patience."""
        return self.seconds - 5.0 * self.said.count("timeout: retrying")

    @property
    def word(self) -> str:
        return f"{self.seconds:.2f}" if self.fine else "second OACK" if self.gave_up else "failed"


@dataclass
class Lab:
    """A service and a client's place with a cable between."""

    service: Service
    there: Space
    wire: Wire

    def fetch(self, client: str, to: Path) -> Course:
        """One fetch. A client that says it is fine and has anything but the file's bytes fails the test, whatever it is about."""
        command = CLIENTS[client](to)
        if shutil.which(command[0]) is None:
            pytest.skip(f"{command[0]} is not installed")
        to.unlink(missing_ok=True)
        began = time.monotonic()
        try:
            done = self.there.run(*command, timeout=90)
            said = done.stdout + done.stderr
            fine = done.returncode == 0 and not any(word in said for word in ("Error", "timed out"))
        except subprocess.TimeoutExpired:
            fine, said = False, "still at it"
        course = Course(fine, to.read_bytes() if to.exists() else b"", said, time.monotonic() - began)
        assert not course.fine or course.body == BODY, f"{client} took {len(course.body)} wrong bytes for the file"
        return course


@pytest.fixture(scope="module")
def lab(furnish_module: Callable[..., Service]) -> Iterator[Lab]:
    with wired() as (here, there, wire):
        service = furnish_module(here, interface="eth0", address=HERE)
        (service.data / "tftp" / NAME).write_bytes(BODY)
        service.give()
        service.start()
        yield Lab(service, there, wire)
        service.stop()


@pytest.mark.parametrize("client", CLIENTS)
def test_over_a_sound_cable_nothing_is_lost_and_the_wire_is_no_bottleneck(lab: Lab, client: str, tmp_path: Path) -> None:
    lab.wire.becomes(Fate(), 0)
    course = lab.fetch(client, tmp_path / "got")
    assert course.fine
    assert course.seconds <= 2.0


@pytest.mark.parametrize("seeds", [2, pytest.param(20, marks=pytest.mark.long)])
@pytest.mark.parametrize("loss", LIMITS)
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.quirk("atftp-acks-once")
def test_loss_costs_no_more_than_the_manual_says(
    lab: Lab, client: str, loss: float, seeds: int, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    courses, lost = [], 0
    for seed in range(seeds):
        lab.wire.becomes(Fate(loss=loss, spares_requests=True), seed)
        courses.append(lab.fetch(client, tmp_path / "got"))
        lost += lab.wire.counts["loss"]
    assert lost, "the wire lost nothing"
    figure(f"{loss:.0%} lost, limit {LIMITS[loss]:.0f} s: {', '.join(course.word for course in courses)} ({lost} frames lost)")
    assert all(course.fine or course.gave_up for course in courses), [course.said for course in courses]
    assert any(course.fine for course in courses)
    assert max(course.served for course in courses) <= LIMITS[loss]


@pytest.mark.parametrize("seeds", [1, pytest.param(6, marks=pytest.mark.long)])
@pytest.mark.parametrize(
    "fate",
    [
        *(pytest.param(fate, id=name) for name, fate in CABLES.items()),
        pytest.param(Fate(loss=0.20), id="20 % lost", marks=pytest.mark.long),
    ],
)
def test_whatever_the_cable_does_the_bytes_are_right_or_the_client_says_that_it_failed(
    lab: Lab, fate: Fate, seeds: int, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    told = {}
    for client in CLIENTS:
        words = []
        for seed in range(seeds):
            lab.wire.becomes(fate, 100 + seed)
            words.append(lab.fetch(client, tmp_path / "got").word)
        told[client] = ", ".join(words)
    figure("; ".join(f"{client} {words}" for client, words in told.items()))


def test_a_file_with_one_wrong_byte_would_be_seen(lab: Lab, tmp_path: Path) -> None:
    """The control: the file that lies there is another one."""
    lab.wire.becomes(Fate(), 0)
    served = lab.service.data / "tftp" / NAME
    served.write_bytes(BODY[:-1] + bytes((BODY[-1] ^ 1,)))
    try:
        with pytest.raises(AssertionError, match="wrong bytes"):
            lab.fetch("curl", tmp_path / "got")
    finally:
        served.write_bytes(BODY)
