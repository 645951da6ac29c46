"""What machines say comes into the record harmless, whichever way it came, and is shown harmless (threat T32)."""

from __future__ import annotations

import html
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from pxeserve.cli.terminal.session import visible
from pxeserve.cli.watching import timeline as shown
from pxeserve.config import Config
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.medium import Medium
from pxeserve.events.datagram import read
from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.events.recorder import Recorder
from pxeserve.handout.answer import Who
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from pxeserve.provision.journal import BootFile, Journal, Transfer
from pxeserve.publish.ftp.house import House
from pxeserve.store import Store, inventory, open_store
from pxeserve.store import events as stored
from pxeserve.tftp import report
from pxeserve.tftp.content import Content, Refusal
from pxeserve.tftp.options import Agreement
from pxeserve.tftp.outcome import Outcome
from pxeserve.tftp.packet import Address, Malformed, Opcode, Request, parse
from tests.hostile import obeyed, texts, wires

MAC, ADDRESS = "52:54:00:77:00:01", "10.77.0.5"
NOW = 1_700_000_000.0
SETTINGS = Config()
MEDIUM = Medium("xs41", "m", "", "XenServer", "", "", "4.1", "", None)


class Record(Recorder):
    """Keeps what it is told, as it would travel."""

    def __init__(self) -> None:
        super().__init__(Path("/nonexistent"), "test")
        self.lines: list[bytes] = []

    def emit(self, event: Event) -> None:
        self.lines.append(event.encode())


def journal(record: Record) -> Journal:
    clients = SimpleNamespace(who=lambda *_: SimpleNamespace(mac=MAC, host="xen01", install="k3d9"))
    packages = SimpleNamespace(number=lambda *_: None, numbers=lambda *_: {})
    return Journal(record, clients, packages, lambda: NOW)  # type: ignore[arg-type]


def http(record: Record, text: str, outcome: str) -> None:
    journal(record).transfer(Transfer(ADDRESS, MEDIUM, text, 200, 5, 5, 0, 0.1, outcome))


def boot(record: Record, text: str, outcome: str) -> None:
    journal(record).boot(BootFile(ADDRESS, text, outcome, 5, 0.1, "a rule"), Who("session", MAC, "xen01", "k3d9"))


def script(record: Record, text: str, _outcome: str) -> None:
    journal(record).script(ADDRESS, text, 5)


def ftp(record: Record, text: str, outcome: str) -> None:
    clients = SimpleNamespace(who=lambda *_: SimpleNamespace(mac=MAC, host="xen01", install="k3d9"))
    tree = SimpleNamespace(medium=lambda path: (MEDIUM, path))
    house = House(tree, record, clients, SimpleNamespace(number=lambda *_: None), lambda: NOW)  # type: ignore[arg-type]
    house.sent(ADDRESS, text, 5, 0, 5, 0.1, whole=outcome == "done")
    house.missed(ADDRESS, text, outcome)


def tftp(record: Record, text: str, outcome: str) -> None:
    try:
        asked = parse(Request(Opcode.RRQ, text, options=((text, text),)).encode())
    except (Malformed, ValueError, UnicodeError):
        asked = Request(Opcode.RRQ, text, options=((text, text),))
    assert isinstance(asked, Request)
    peer = Address(ADDRESS, 2070)
    record.emit(report.refused(asked, peer, Refusal(1, text, "a rule", mac=MAC), NOW))
    course = report.Course(Outcome.CLIENT_ERROR if outcome == "cut" else Outcome.DONE, text, 1, 5, 0, True, 0.1)
    agreement = Agreement(acknowledged=asked.options)
    record.emit(report.ended(asked, peer, Content(5, "a rule", data=b"12345", mac=MAC), agreement, course, NOW))


WAYS: dict[str, Callable[[Record, str, str], None]] = {"http": http, "boot": boot, "script": script, "ftp": ftp, "tftp": tftp}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(tmp_path_factory.mktemp("hostile"), migrate=True)
    with opened.site.write() as connection:
        inventory.put_profile(connection, Profile("rack-a"))
        inventory.put_host(connection, Host(0, "xen01", (MAC,), "rack-a"))
    yield opened
    opened.close()


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=40)
@given(
    text=st.one_of(texts, wires.map(lambda raw: raw.decode("utf-8", "surrogateescape"))),
    outcome=st.sampled_from(["done", "cut", "not-found"]),
)
def test_it_travels_harmless_and_lies_in_the_record_harmless(store: Store, way: str, text: str, outcome: str) -> None:
    record = Record()
    WAYS[way](record, text, outcome)
    assert record.lines
    assert obeyed([json.loads(line) for line in record.lines]) == []
    assert in_record(store, [read(line) for line in record.lines]) == []


@settings(max_examples=40)
@given(kind=texts.filter(bool), text=texts, value=texts)
def test_what_a_serving_process_forgot_to_escape_is_escaped_before_it_is_written(store: Store, kind: str, text: str, value: str) -> None:
    event = Event(kind, NOW, text, mac=value, address=value, session=value, data={value: [value, {"because": value}]})
    assert in_record(store, [read(event.encode())]) == []


def in_record(store: Store, events: list[Any]) -> list[str]:
    with store.events.read() as connection:
        before = stored.newest_id(connection)
    Ledger(store).write(events)
    with store.events.read() as connection:
        rows = stored.following(connection, stored.Wanted(since=before), 100)
    assert len(rows) == len(events)
    return obeyed([row._asdict() for row in rows])


@settings(max_examples=40)
@given(text=texts)
def test_no_line_of_a_timeline_is_obeyed_by_a_terminal_or_a_browser(store: Store, text: str) -> None:
    record = Record()
    for act in WAYS.values():
        act(record, text, "cut")
    told = [
        Event("install.armed", NOW, host="xen01", install="k3d9", data={"mode": text, "medium": text, "by": text}),
        Event("install.script-failed", NOW, host="xen01", install="k3d9", data={"script": text, "because": text}),
        Event("boot.menu", NOW, text, mac=MAC, data={"target": text, "because": [{"text": text, "weight": text, "source": text}]}),
        Event("install.failed", NOW + 1, host="xen01", install="k3d9", data={"because": text}),
    ]
    Ledger(store).write([read(line) for line in (*record.lines, *(event.encode() for event in told))])
    context = Context(SETTINGS, store, Actor("root"), lambda _: None)
    answer = registry.call(context, "timeline", {"host": "xen01", "limit": len(record.lines) + len(told)})
    assert obeyed(answer) == []
    page = io.StringIO()
    shown.show(visible(answer), Console(file=page, width=80, force_terminal=True, color_system=None, highlight=False))
    assert obeyed(page.getvalue().splitlines()) == []
    assert "<script>" not in html.escape(page.getvalue())
    assert "[boldred]x[/]" in "".join(page.getvalue().split()) or "[bold red]x[/]" not in text   # markup is text, wherever a line ends
