"""The answerfile: delivered once, repeated to the one it went to, and to nobody else."""

from __future__ import annotations

from dataclasses import replace

from pxeserve.domain.install import InstallState
from pxeserve.installs import delivery, doubt, seal
from pxeserve.installs.arming import BootDenied
from pxeserve.store import inventory
from pxeserve.store import tables as t
from tests.installs.world import ANSWERFILE, HOUR, MAC, MINE, NOW, SECOND, STRANGE, World


def test_a_client_that_hangs_up_has_consumed_nothing(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    token = world.token()
    assert world.deliver(token) is not None
    assert world.deliver(token) is not None
    assert world.state is InstallState.BOOTING
    assert world.row().deliveries == 0


def test_two_repeats_in_ten_minutes_to_the_same_address_and_no_more(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    token = world.token()
    for second in (0.0, 10.0, 599.0):
        sent = world.deliver(token, now=NOW + second)
        assert sent is not None and sent.body == ANSWERFILE and sent.commit()
    assert world.deliver(token, now=NOW + 599.5) is None
    assert world.told().count("install.redelivered") == 2


def test_after_ten_minutes_or_the_first_report_it_is_gone(world: World) -> None:
    order = world.order()
    world.arming.arm(order, NOW)
    token = world.token()
    sent = world.deliver(token)
    assert sent is not None and sent.commit()
    assert world.deliver(token, now=NOW + 600) is None
    assert world.deliver(token, now=NOW + 5) is not None
    delivery.script(world.store, world.keys, world.tokens_of(order)[0], "post-install", MINE, NOW + 6)
    assert world.deliver(token, now=NOW + 7) is None


def test_what_dhcp_heard_against_an_arming_freezes_it_and_nothing_else(world: World) -> None:
    contradiction = {"code": doubt.CONTRADICTION, "text": "the UUID is another's"}
    install = world.arming.arm(world.order(), NOW)
    heard = [
        (install.id, {"because": [{"code": "armed", "text": "armed"}]}),
        (None, {"because": [contradiction]}),
        (install.id, {"because": "uuid-differs"}),
    ]
    assert not list(doubt.contradictions(heard))
    [(who, because)] = doubt.contradictions([*heard, (install.id, {"because": [contradiction]})])
    assert doubt.freeze(world.store, who, because, NOW)
    assert world.state is InstallState.FROZEN
    assert isinstance(world.ask(), BootDenied)
    assert not doubt.freeze(world.store, who, because, NOW), "twice"
    assert not doubt.freeze(world.store, "nobody", because, NOW)


def test_a_machine_that_says_it_is_another_one_when_it_asks_for_its_menu_stops_the_arming(world: World) -> None:
    install = world.arming.arm(world.order(), NOW)
    world.ask()
    arming = world.arming
    for second in (1.0, 2.0):
        arming.contradicted(install, MAC, MINE, "the serial number is another's", NOW + second)
    assert world.state is InstallState.FROZEN
    assert world.told()[-2:] == ["install.alarm", "install.frozen"]
    assert isinstance(world.ask(), BootDenied)
    world.arming.cancel(world.host, "tester", NOW + 3)
    world.arming.contradicted(install, MAC, MINE, "again", NOW + 70)
    assert world.told()[-1] == "install.cancelled"


def test_who_is_known_by_an_address(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    assert world.arming.knows(MAC, MINE, NOW)
    assert not world.arming.knows(MAC, SECOND, NOW), "nobody's"
    assert not world.arming.knows("52:54:00:77:00:99", MINE, NOW), "another's"


def test_the_installer_s_word_of_another_machine_is_an_alarm_once(world: World) -> None:
    with world.store.site.write() as connection:
        inventory.put_host(connection, replace(world.host, serial="CZ3040ABCD"))
    order = world.order()
    world.arming.arm(order, NOW)
    sent = world.deliver(world.token())
    assert sent is not None and sent.commit()
    progress = world.tokens_of(order)[1]
    for said in ("", "cz3040abcd  ", "To Be Filled By O.E.M.", "x" * 5000, "\x1b[2J"):
        doubt.machine_says(world.store, progress, said, MINE, NOW + 1)
    doubt.machine_says(world.store, "another token", "CZ3040ABCE", MINE, NOW + 1)
    assert world.row().doubt is None
    for second in (2.0, 200.0):
        doubt.machine_says(world.store, progress, "CZ3040ABCE", MINE, NOW + second)
    said = world.row().doubt
    assert said is not None and "its serial number is CZ3040ABCE, not CZ3040ABCD" in said
    assert world.told().count("install.alarm") == 1
    assert world.state is InstallState.ANSWERED, "nothing can stop it"


def test_a_token_that_was_right_once_is_told_once_a_minute_with_the_reason(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    token = world.token()
    world.arming.cancel(world.host, "tester", NOW + 1)
    for second in (2.0, 3.0, 61.0, 62.0):
        assert world.deliver(token, now=NOW + second) is None
    with world.store.site.read() as connection:
        told = connection.execute(t.install_event.select().where(t.install_event.c.kind == "install.stale-token")).all()
    assert [row.at for row in told] == [NOW + 2, NOW + 62]
    assert "that install is cancelled" in told[0].data["because"]
    assert token not in str(told)


def test_a_token_that_is_asked_for_too_often_or_too_late_is_told(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    token = world.token()
    sent = world.deliver(token)
    assert sent is not None and sent.commit()
    assert world.deliver(token, now=NOW + 600) is None
    assert world.told()[-1] == "install.stale-token"
    world.arming.cancel(world.host, "tester", NOW + 700)
    world.arming.arm(world.order(), NOW + 700)
    late = world.token(now=NOW + 701)
    assert world.deliver(late, now=NOW + 700 + 24 * HOUR) is None
    assert world.told()[-1] == "install.stale-token"


def test_the_right_token_from_a_wrong_address_freezes_and_tells(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    token = world.token()
    assert world.deliver(token, STRANGE) is None
    assert world.state is InstallState.FROZEN
    assert world.deliver(token) is None
    assert "install.alarm" in world.told()


def test_after_consumption_a_wrong_address_is_an_alarm_only(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    token = world.token()
    sent = world.deliver(token)
    assert sent is not None and sent.commit()
    assert world.deliver(token, STRANGE) is None
    assert world.state is InstallState.ANSWERED
    assert world.told()[-1] == "install.alarm"


def test_the_installer_may_have_another_evidenced_address_than_the_firmware(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    token = world.token()
    world.lend(SECOND, MAC)
    sent = world.deliver(token, SECOND)
    assert sent is not None and sent.commit()
    assert world.row().bound_address == SECOND
    assert world.deliver(token, SECOND) is not None
    assert world.deliver(token, MINE) is None


def test_a_thousand_wrong_tokens_open_nothing(world: World) -> None:
    order = world.order()
    world.arming.arm(order, NOW)
    world.token()
    script, report = world.tokens_of(order)
    wrong = [seal.token(seal.new_key(), "answerfile") for _ in range(1000)]
    for token in [*wrong, "", "x", "é" * 43, "a" * 44, script, report]:
        assert world.deliver(token) is None
    assert delivery.script(world.store, world.keys, report, "post-install", MINE, NOW) is None
    assert delivery.script(world.store, world.keys, script, "other", MINE, NOW) is None
    assert not delivery.progress(world.store, world.keys, report, "done", MINE, NOW)  # nothing was delivered yet
    assert not delivery.progress(world.store, world.keys, report, "explode", MINE, NOW)
    assert world.state is InstallState.BOOTING
