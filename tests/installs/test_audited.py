"""What happens to an install without a person stands in the audit, too."""

from __future__ import annotations

from pxeserve.installs.lapse import lapse
from pxeserve.store import audit
from tests.installs.world import HOUR, MINE, NOW, STRANGE, World


def lines(world: World) -> list[tuple[str, str, str, str]]:
    with world.store.site.read() as connection:
        found = audit.lines(connection, audit.Wanted(), 100)
    return [(one["actor"], one["action"], one["object"], one["result"].partition(": ")[2]) for one in reversed(found)]


def test_what_happens_to_an_install_without_a_person_is_a_line_of_the_audit(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    token = world.token()
    for _ in range(2):
        sent = world.deliver(token)
        assert sent is not None
        assert sent.commit()
    world.deliver(token, STRANGE)
    assert lines(world) == [
        ("tester", "host.install", "xen01", ""),
        (f"address {MINE}", "install.answered", "xen01", f"to {MINE}"),
        (f"address {MINE}", "install.redelivered", "xen01", f"to {MINE}"),
        (f"address {STRANGE}", "install.alarm", "xen01", f"{STRANGE} used the token of an answerfile that belongs to {MINE}"),
    ]


def test_so_is_an_arming_that_lapses_or_is_frozen(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    lapse(world.store, NOW + 2 * HOUR, clock=world.clock)
    world.arming.arm(world.order(), NOW + 1)
    world.deliver(world.token(NOW + 1), STRANGE, NOW + 1)
    assert [line[:2] for line in lines(world)] == [
        ("tester", "host.install"), ("service", "install.lapsed"), ("tester", "host.install"),
        (f"address {STRANGE}", "install.alarm"), (f"address {STRANGE}", "install.frozen"),
    ]  # fmt: skip
