"""One arming is one installation, whichever process is killed at whatever moment between the two."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.faults.fetching import Cut
from tests.faults.machine import Machine, arm, cancel, stock
from tests.faults.service import Service, until
from tests.faults.space import Space

pytestmark = pytest.mark.netns
VICTIMS = ("provision", "console", "tftp", "provision", "dhcp", "worker", "provision", "parent")
REPEATS = 2
ENDED = ("done", "cancelled", "failed", "lapsed")
BOOTS = 6


def rows(service: Service) -> Counter[str]:
    """The installs there ever were, by state, as they lie on the disk: one row is one arming."""
    with sqlite3.connect(f"file:{service.data}/state/site.db?mode=ro", uri=True) as connection:
        return Counter(state for (state,) in connection.execute("SELECT state FROM install"))


def patiently(act: Callable[[], str]) -> str:
    """What `act` says once somebody is there to hear it, after a word that this was so."""

    def tried() -> str:
        try:
            return f"said: {act()}"
        except OSError:
            return ""

    return until(tried, "somebody to ask")


def story(service: Service, machine: Machine, impatient: bool = False) -> None:
    """A person arms the host, and it boots until it has installed or is led to its own disk.

    An impatient installer fetches its answerfile as often as it is let.
    """
    word = patiently(lambda: arm(service))
    assert word == "said: armed" or "already has an install" in word, word
    for _ in range(BOOTS):
        try:
            if not machine.boot():
                return
            for _ in range(5 * impatient):
                machine.fetch()
            machine.install()
        except (Cut, OSError):
            pause(0.1)  # the machine's own time to start over


pause = threading.Event().wait


@dataclass
class Tally:
    """What has come of it so far; every look at it holds what was seen against the disk."""

    service: Service
    machine: Machine
    killed_while: Counter[str] = field(default_factory=Counter)

    def holds(self) -> None:
        armed = sum(rows(self.service).values())
        got = self.machine.answerfiles
        assert len(got) <= armed, "more installations than armings"
        assert not got or max(got.values()) <= 1 + REPEATS, "more repeats than allowed"

    def at_rest(self) -> None:
        """Nothing is armed or under way: the machine is led to its own disk."""
        assert not self.machine.boot(), "an installer, and nobody had armed it"


@pytest.mark.parametrize("cycles", [16, pytest.param(1000, marks=pytest.mark.long)])
def test_there_are_never_more_installations_than_armings(
    cycles: int, alone: Space, furnish: Callable[..., Service], figure: Callable[[str], None]
) -> None:
    chance = random.Random(cycles)
    service = furnish(alone)
    stock(service)
    service.start()
    machine = Machine(alone)
    tally = Tally(service, machine)
    began = time.monotonic()
    story(service, machine)
    usual = time.monotonic() - began
    assert sum(machine.answerfiles.values()) == 1
    assert rows(service) == {"done": 1}
    for number in range(cycles):
        victim = VICTIMS[number % len(VICTIMS)]
        before = rows(service)
        teller = threading.Thread(target=story, args=(service, machine, chance.random() < 0.3))
        teller.start()
        pause(chance.uniform(0, usual))
        dead = service.kill(victim)
        under_way = [state for state in rows(service) if state not in ENDED]
        tally.killed_while["".join(under_way) or "not yet, or done"] += 1
        service.again(victim, dead)
        teller.join()
        assert sum(rows(service).values()) == sum(before.values()) + 1, "one arming a cycle"
        tally.holds()
        patiently(lambda: cancel(service))
        tally.at_rest()
        tally.holds()
    got, armed = machine.answerfiles, sum(rows(service).values())
    assert armed == cycles + 1
    figure(
        f"{armed} armings, {cycles} kills: {len(got)} installations, {sum(got.values())} whole answerfiles, at most {max(got.values())} "
        f"of one arming; 0 excess"
    )
    figure(f"killed while the install was: {dict(tally.killed_while)}; at the end {dict(rows(service))}")


def test_the_count_sees_an_install_that_is_given_again(alone: Space, furnish: Callable[..., Service]) -> None:
    """The control: a row set back on the disk, as a server would that forgets."""
    service = furnish(alone)
    stock(service)
    service.start()
    machine = Machine(alone)
    tally = Tally(service, machine)
    assert arm(service) == "armed"
    assert machine.boot()
    tally.at_rest()
    for _ in range(3):
        with sqlite3.connect(service.data / "state" / "site.db") as connection:
            connection.execute("UPDATE install SET state = 'booting', deliveries = 0")
        connection.close()
        with pytest.raises(AssertionError, match="nobody had armed it"):
            tally.at_rest()
    with pytest.raises(AssertionError, match="more repeats than allowed"):
        tally.holds()
    machine.answerfiles[b"another"] += 1
    with pytest.raises(AssertionError, match="more installations than armings"):
        tally.holds()
