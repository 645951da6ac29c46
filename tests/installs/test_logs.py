"""The end of an installer's log: whose is taken and when, and that no secret and no character that a terminal obeys stays in it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.domain.install import InstallState
from pxeserve.events.record import Event
from pxeserve.installs import delivery
from pxeserve.installs.logs import keep, shown
from pxeserve.store import logs
from tests.installs.world import HOUR, MINE, NOW, World

STAGE = "installation-complete"
LOG = b"[2026-11-27 12:00:00] Starting\nroot has planted-secret\nINSTALL FAILED.\nno disk\n"


def installing(world: World) -> str:
    """The token for reports of an install whose answerfile was delivered."""
    order = world.order()
    world.arming.arm(order, NOW)
    found = world.deliver(world.token())
    assert found is not None
    assert found.commit()
    return world.tokens_of(order)[1]


def kept(world: World, install: str) -> logs.LogRow | None:
    with world.store.events.read() as connection:
        return logs.newest(connection, install)


def test_the_log_of_a_running_install_is_kept_once_without_its_secret(world: World) -> None:
    token, install = installing(world), world.row().id
    taken = keep(world.store, world.keys, token, STAGE, LOG, MINE, NOW + 60)
    assert taken is not None
    assert (taken.install, taken.stage, taken.size, taken.last[-1], taken.fresh) == (install, STAGE, len(LOG), "no disk", True)
    row = kept(world, install)
    assert row is not None
    assert (row.host, row.stage, row.size, row.text.splitlines()[1]) == ("xen01", STAGE, len(LOG), "root has [masked]")
    again = keep(world.store, world.keys, token, STAGE, b"another\n", MINE, NOW + 61)
    assert again is not None
    assert not again.fresh
    assert kept(world, install) == row
    other = keep(world.store, world.keys, token, "installation-start", b"another\n", MINE, NOW + 62)
    assert other is not None
    assert other.fresh


def test_the_last_lines_fit_into_an_event_in_any_script(world: World) -> None:
    """Beyond 32,000 bytes an event travels without its data, and the record would not even say at which stage that was."""
    token = installing(world)
    taken = keep(world.store, world.keys, token, STAGE, ("\U0001f5a5" * 900 + "\n").encode() * 50, MINE, NOW + 60)
    assert taken is not None
    assert len(taken.last) == 12
    event = Event("http.log", NOW, "the end of the installer's log came", data={"stage": STAGE, "last": list(taken.last)})
    assert len(event.encode()) < 31_000


@pytest.mark.parametrize("cut", range(len("planted-secret") - 4))
def test_a_secret_that_the_beginning_was_cut_in_is_no_clue(cut: int) -> None:
    rest = "planted-secret"[cut + 1 :]
    assert shown(f"{rest}</root-password>\nplanted\n".encode(), {"planted-secret"}) == "[masked]</root-password>\nplanted"


def test_no_log_is_taken_from_anybody_else_or_later(world: World) -> None:
    token, install = installing(world), world.row().id
    assert keep(world.store, world.keys, "t" * 43, STAGE, LOG, MINE, NOW) is None
    assert keep(world.store, world.keys, "short", STAGE, LOG, MINE, NOW) is None
    assert keep(world.store, world.keys, token, STAGE, LOG, MINE, NOW + 5 * HOUR) is None
    assert delivery.progress(world.store, world.keys, token, "failed", MINE, NOW + 60)
    assert world.state is InstallState.FAILED
    assert keep(world.store, world.keys, token, STAGE, LOG, MINE, NOW + 61) is None
    assert kept(world, install) is None


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("root-password := ('pwdhash', '$6$abc$0123456789abcdef') <type 'tuple'>", "root-password := [masked]"),
        ("{'root-password': ('plaintext', 'hunter2'), 'x': 1}", "{'root-password': [masked]"),
        ("<root-password type=\"hash\">$6$abc$0123456789abcdef</root-password>", '<root-password type= [masked]'),
        ("chpasswd got $6$rounds=5000$salt$0123456789abcdef/.x", "chpasswd got [masked]"),
        ("Fetching http://user:s3cret@10.0.0.1/a", "Fetching http://[masked]@10.0.0.1/a"),
        (f"Fetching answerfile from http://10.0.0.1/a/{'t' * 43}", "Fetching answerfile from http://10.0.0.1/a/tttttt…"),
        (f"script http://10.0.0.1/s/{'u' * 43}/hook", "script http://10.0.0.1/s/uuuuuu…/hook"),
        ("pool-token := abcdef", "pool-token := [masked]"),
        ("running mount.cifs --password hunter2 //nas/x", "running mount.cifs --password [masked] //nas/x"),
        ("xe -s h -u root -pw hunter2 host-list", "xe -s h -u root -pw [masked] host-list"),
        ("sshpass -p hunter2 ssh -p 2222 root@10.0.0.1", "sshpass -p [masked] ssh -p [masked] root@10.0.0.1"),
        ("Command ['sshpass', '-p', 'hunter2', 'scp'] exited", "Command ['sshpass', '-p', '[masked]', 'scp'] exited"),
        ("Command ['cli', '--chap-secret', 'hunter2'] exited", "Command ['cli', '--chap-secret', [masked]"),
        ("mount -o user=x,password=hunter2 //nas/x", "mount -o user=x,password= [masked]"),
        ("curl -u admin:hunter2@10.0.0.1/a", "curl -u admin:[masked]@10.0.0.1/a"),
        ("curl admin:hunt:er2@nas.example/a", "curl admin:[masked]@nas.example/a"),
        ("mkdir -p /tmp/root/var/log", "mkdir -p /tmp/root/var/log"),
        ("cp -p ./a /b; cp -p -r a b", "cp -p ./a /b; cp -p -r a b"),
        ("scp root@10.0.0.1:/etc/hosts 12:30:01 x", "scp root@10.0.0.1:/etc/hosts 12:30:01 x"),
        ("Partitioning /dev/sda, 4 partitions", "Partitioning /dev/sda, 4 partitions"),
    ],
)
def test_what_looks_like_a_secret_is_masked(line: str, left: str) -> None:
    assert shown(line.encode()) == left


@pytest.mark.parametrize("part", ["-p ", "--password ", "a:b", "a:", "x", "--", "-p-p", "pass ", "://a"])
def test_a_line_that_was_made_to_be_slow_is_not(part: str) -> None:
    """Each rule is tried at each place: one that went on from there to the end would take hours for a line as long as a log."""
    body = (part * (256 << 10))[: 256 << 10].encode()
    assert len(shown(body)) <= 1100


def test_secrets_that_are_known_are_masked_wherever_they_stand() -> None:
    assert shown(b"a correct horse b\nhorse\n", ["correct horse", "xyz"]) == "a [masked] b\nhorse"


@given(st.binary(max_size=3000))
def test_whatever_comes_is_kept_as_lines_that_no_terminal_obeys(body: bytes) -> None:
    text = shown(body)
    assert all(char == "\n" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for char in text)
    text.encode()   # no lone surrogate


@given(st.text("abcdefghij0123456789", min_size=8, max_size=12), st.binary(max_size=200), st.binary(max_size=200))
def test_a_known_secret_never_stays(secret: str, before: bytes, after: bytes) -> None:
    assert secret not in shown(before + secret.encode() + after, [secret]).replace("[masked]", "")


def test_what_is_kept_is_bounded() -> None:
    assert len(shown(b"\x00" * (256 << 10))) <= 512 << 10
    assert len(shown(b"\x00\n" * (128 << 10))) <= 512 << 10


def test_old_logs_make_room_for_new_ones(world: World) -> None:
    with world.store.events.write() as connection:
        for number in range(5):
            logs.add(connection, logs.LogRow(f"i{number}", STAGE, "xen01", NOW + number, 3, "abc"))
        logs.prune(connection, keep=3, before=NOW)
        assert [logs.exists(connection, f"i{number}", STAGE) for number in range(5)] == [False, False, True, True, True]
        logs.prune(connection, keep=3, before=NOW + 4)
        assert [logs.exists(connection, f"i{number}", STAGE) for number in range(5)] == [False, False, False, False, True]
        newest = logs.newest_of_host(connection, "xen01")
    assert newest is not None
    assert newest.install == "i4"
