"""A timeline on a terminal of 80 columns, from a real record: stages, medians, reasons, the log, and where to look when none came."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pxeserve.cli.terminal.figures import duration
from pxeserve.cli.watching import timeline as shown
from pxeserve.config import Config
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.medium import Medium
from pxeserve.errors import NotFoundError, PxeserveError
from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from pxeserve.store import Store, inventory, logs, media, open_store, times
from pxeserve.store.media import FileRow

MAC = "52:54:00:77:00:01"
NOW = 1_700_000_000.0
FILES = [FileRow("1.rpm", 0, "rpm", 5, "", "")]
BECAUSE = [
    {"weight": "chose", "code": "armed", "text": "xen01 is armed for a fresh installation from xcp83", "source": "install one"},
    {"weight": "passed-over", "code": "loader", "text": "grubx64.efi is for other firmware", "source": "table of loaders"},
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path, migrate=True)
    with opened.site.write() as connection:
        inventory.put_profile(connection, Profile("rack-a"))
        inventory.put_host(connection, Host(0, "xen01", (MAC,), "rack-a"))
        media.add(connection, Medium("xcp83", "xcp83", "xcp-ng", "XCP-ng", "8.3.0", "", "xcp-8.3", "r", None), FILES, "test", NOW)
    yield opened
    opened.close()


def told(store: Store, install: str = "one", at: float = NOW, word: str = "done") -> None:
    named = {"because": BECAUSE, "file": "b/x/debian/pxelinux.0"}
    package = {"medium": "xcp83", "outcome": "done", "bytes": 310_000_000, "seconds": 100.0, "packages": 2}
    Ledger(store).write([
        Event("install.armed", at, host="xen01", install=install, data={"mode": "fresh", "medium": "xcp83", "by": "root"}),
        Event("dhcp.discover", at + 10, "asks", mac=MAC),
        Event("dhcp.offer", at + 11, "is offered 10.77.0.5", mac=MAC, session=install, data=named),
        Event("dhcp.ack", at + 12, "gets 10.77.0.5", mac=MAC, session=install, data=named),
        Event("tftp.transfer", at + 20, "", mac=MAC, session=install, data={
            "file": f"b/{install}/debian/m/xcp83/install.img", "outcome": "done", "bytes": 90_000_000, "seconds": 7.5,
        }),
        Event("http.answerfile", at + 60, mac=MAC, install=install, data={"outcome": "delivered", "bytes": 900}),
        Event("http.file", at + 200, mac=MAC, install=install, data={**package, "path": "1.rpm", "package": 1}),
        Event("http.file", at + 352, mac=MAC, install=install, data={**package, "path": "2.rpm", "package": 2}),
        Event("http.progress", at + 400, mac=MAC, install=install, data={"stage": word}),
        Event(f"install.{word}", at + 400, host="xen01", install=install, data={"because": f"the installer reported {word}"}),
    ])  # fmt: skip


def ask(store: Store, verb: str, **arguments: Any) -> Any:
    return registry.call(Context(Config(), store, Actor("root"), lambda _: None), verb, arguments)


def page(answer: Any, width: int = 80) -> list[str]:
    out = io.StringIO()
    shown.show(answer, Console(file=out, width=width, force_terminal=True, color_system=None, highlight=False))
    return out.getvalue().splitlines()


def test_it_can_be_told_as_it_was_at_a_moment_and_as_it_will_be(store: Store) -> None:
    told(store)
    [boot] = ask(store, "timeline", host="xen01", at=NOW + 30)["boots"]
    assert (boot["reached"], boot["next"]["overdue"]) == ("RAM disk", False)
    [boot] = ask(store, "timeline", host="xen01", at=NOW + 59 * 60)["boots"]
    assert boot["reached"] == "done"
    assert not ask(store, "timeline", host="xen01", at=NOW - 1)["boots"]


def test_it_fits_into_eighty_columns_and_shows_stages_with_their_medians(store: Store) -> None:
    told(store)
    with store.events.write() as connection:
        for number, seconds in enumerate((200.0, 230.0, 260.0)):
            times.put(connection, times.TimeRow(f"i{number}", "xen02", "rack-a", NOW - 1000 + number, True, {"packages": seconds}))
    lines = page(ask(store, "timeline", host="xen01"))
    assert max(len(line) for line in lines) <= 80
    assert lines[0] == "xen01: done, 1 installation, 1 boot on record"
    row = next(number for number, line in enumerate(lines) if " packages " in line)
    assert lines[row + 1].startswith(" " * 40), "what is too long goes on beneath itself"
    both = " ".join(f"{lines[row]} {lines[row + 1]}".split())
    assert "packages 4 m 12 s 2 of 2 620.0 MB, 2.5 MB/s (median of 3: 3 m 50 s)" in both
    assert any("installation one (fresh, medium xcp83)" in line and "done in 6 m 40 s" in line for line in [" ".join(lines[2:4])])
    text = " ".join(" ".join(lines).split())
    assert "because xen01 is armed for a fresh installation from xcp83 (chose: install one)" in text
    assert "because grubx64.efi is for other firmware (passed-over: table of loaders)" in text
    assert text.count("because xen01 is armed") == 1   # where it was decided, not at each row


def test_each_row_carries_the_reasons_that_were_in_force(store: Store) -> None:
    told(store)
    (boot,) = ask(store, "timeline", host="xen01")["boots"]
    assert [bool(line["because"]) for line in boot["lines"]] == [False, *[True] * (len(boot["lines"]) - 1)]
    assert boot["lines"][-1]["because"] == BECAUSE


def test_an_installation_by_itself_is_its_stages_and_its_boots(store: Store) -> None:
    for number in range(3):
        told(store, f"i{number}", NOW + number * 10_000)
    answer = ask(store, "timeline", install="i1")
    assert [one["install"] for one in answer["installs"]] == ["i1"]
    assert [boot["session"] for boot in answer["boots"]] == ["i1"]
    assert len(ask(store, "timeline", host="xen01")["installs"]) == 3
    with pytest.raises(NotFoundError, match="no installation nix is on record"):
        ask(store, "timeline", install="nix")
    with pytest.raises(PxeserveError, match="a timeline is a host's or an installation's"):
        ask(store, "timeline")


def test_a_failure_shows_the_end_of_the_installers_log(store: Store) -> None:
    told(store, word="failed")
    text = "\n".join(f"line {number}" for number in range(40))
    with store.events.write() as connection:
        logs.add(connection, logs.LogRow("one", "installation-complete", "xen01", NOW + 399, 5000, text))
    lines = page(ask(store, "timeline", host="xen01"))
    assert [line for line in lines if line.startswith("  | ")] == [f"  | line {number}" for number in range(28, 40)]
    assert any(line.startswith("! ") and " failed " in line for line in lines)
    whole = ask(store, "host.log", name="xen01")
    assert (whole["install"], whole["bytes"], len(whole["lines"])) == ("one", 5000, 40)
    assert ask(store, "host.log", install="one") == whole


def test_where_no_log_came_it_says_where_that_generation_tells_it(store: Store) -> None:
    told(store, word="failed")
    text = " ".join(" ".join(page(ask(store, "timeline", host="xen01"))).split())
    for part in ("no log came", "/tmp/install-log", "/var/log/installer/", "Alt+F3"):
        assert part in text
    with pytest.raises(NotFoundError, match="no log of an installation came"):
        ask(store, "host.log", name="xen01")
    with pytest.raises(NotFoundError, match="there is no host nix"):
        ask(store, "host.log", name="nix")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (12.4, "12 s"), (59.6, "1 m 00 s"), (252, "4 m 12 s"), (3900, "1 h 05 m"), (90_000, "1 d 01 h")],
)
def test_durations_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said
