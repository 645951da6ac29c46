"""Tables of hosts as spreadsheets write them, with every mistake pointed at; and what is printed for them carries no formula."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.domain.host import Host
from pxeserve.errors import PxeserveError
from pxeserve.operations.declaring import spreadsheet
from pxeserve.operations.declaring.spreadsheet import read, write
from pxeserve.operations.inventory.entries import host_of
from tests.operations.test_site import Site

ONE, TWO = "52:54:00:77:00:01", "52:54:00:77:00:02"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.ask("profile.add", name="rack-a")
    yield made
    made.context.store.close()


@pytest.mark.parametrize("parted", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff", "sep={}\n"])
def test_whatever_parts_the_cells(site: Site, parted: str, end: str, mark: str) -> None:
    rows = (
        ("Name", "MAC", "profile", "Rack", "tags", "admin-interface.name", ""),
        ("xen01", f'"{ONE}; {TWO}"', "rack-a", "R 2", '"b;a"', "eth0", ""),
        ("",) * 7,
    )
    text = mark.format(parted) + end.join(parted.join(row) for row in rows) + end
    site.ask("host.import", text=text, form="csv", file="rack.csv")
    shown = site.ask("host.show", name="xen01")
    assert (shown["mac"], shown["rack"], shown["tags"], shown["answerfile"]) == (
        [ONE, TWO], "R 2", ["a", "b"], {"admin-interface": {"name": "eth0"}},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "rack.csv: empty"),
        ("mac,profile\n", "rack.csv: line 1: there is no column name"),
        ("name,profil\n", "rack.csv: line 1, column 2: unknown column 'profil'; did you mean profile?"),
        ("name,admin-interfac.ip\n", "rack.csv: line 1, column 2: unknown column 'admin-interfac.ip'"),
        ("name,mac,Name\n", "rack.csv: line 1, column 3: name stands twice"),
        ("name,mac,profile\n,x,p\n", "rack.csv: line 2, column 1 (name): a host needs a name"),
        ("name,mac,profile\n\nxen01,zz,rack-a\n", "rack.csv: line 3, column 2 (mac): 'zz' is not a MAC address"),
        (f"name,mac,profile\nxen01,{ONE},rock-a\n", "rack.csv: line 2: host xen01: there is no profile rock-a\n  did you mean rack-a?"),
        (f"name,mac,profile,uuid\nxen01,{ONE},rack-a,7\n", "rack.csv: line 2, column 4 (uuid): uuid: '7' is not a UUID"),
        (f"name,mac,profile\nxen01,{ONE},rack-a\nXEN01,{TWO},rack-a\n", "line 3: host xen01 stands here already: rack.csv: line 2"),
        (f"name,mac,profile\nxen01,{ONE},rack-a\nxen02,{ONE},rack-a\n", f"rack.csv: line 3: host xen02: {ONE} is xen01's"),
        (f"name,mac\nxen01,{ONE}\n", "rack.csv: line 2: host xen01 is new and needs a profile"),
        (f"name,mac,profile\nxen01,{ONE},rack-a,more\n", "rack.csv: line 2, column 4: 'more' stands in no column that has a name"),
        ('name,mac,profile\nxen01,"a\n', "rack.csv: line 2: not a table"),
        (f"name,mac,profile,primary-disk\nxen01,{ONE},rack-a,/../x y\n", "rack.csv: line 2: host xen01: primary-disk"),
        ("name,mac,profile\n", "rack.csv: no hosts stand in it"),
        (f"name,mac,profile\nxen01,{ONE},rack-a\n<b>,{TWO},rack-a\n", "rack.csv: line 3: '<b>' is not a host name"),
    ],
)
def test_each_mistake_has_its_place_and_nothing_is_changed(site: Site, text: str, says: str) -> None:
    assert says in site.refused("host.import", text=text, form="csv", file="rack.csv")
    assert site.ask("host.list") == []


def test_an_import_changes_what_it_says_and_nothing_else(site: Site) -> None:
    site.ask("host.add", name="xen01", mac=[ONE], profile="rack-a", set=["rack=R1", "hostname=old"])
    text = f"name,mac,rack,hostname,profile\nxen01,,R2,,\nxen02,{TWO},,,rack-a\n"
    told = site.ask("host.import", text=text, form="csv", file="x.csv", dry_run=True)["changes"]
    assert told == ["~ host xen01: rack: R1 -> R2", f"+ host xen02: mac {TWO}, profile rack-a"]
    assert site.ask("host.import", text=text, form="csv", file="x.csv")["changes"] == told
    assert site.ask("host.show", name="xen01")["answerfile"] == {"hostname": "old"}
    assert site.ask("host.import", text=text, form="csv", file="x.csv")["changes"] == []


def test_macs_may_change_places(site: Site) -> None:
    site.ask("host.add", name="xen01", mac=[ONE], profile="rack-a", set=["address=10.77.0.11"])
    site.ask("host.add", name="xen02", mac=[TWO], profile="rack-a", set=["address=10.77.0.12"])
    text = f"name,mac,address\nxen01,{TWO},10.77.0.12\nxen02,{ONE},10.77.0.11\n"
    site.ask("host.import", text=text, form="csv", file="x.csv")
    assert [(host["mac"], host["address"]) for host in site.ask("host.list")] == [([TWO], "10.77.0.12"), ([ONE], "10.77.0.11")]


def test_what_is_printed_is_taken_back_and_holds_no_password(site: Site) -> None:
    words = ["rack=R2", "tags=a,b", "admin-interface.name=eth0", "nameservers=[10.0.0.1, 10.0.0.2]", "root-password={plain: sesame}"]
    site.ask("host.add", name="xen01", mac=[ONE, TWO], profile="rack-a", set=words[:-1])
    table = site.ask("host.table")["csv"]
    assert table.splitlines()[0] == "name,mac,profile,rack,tags,address,uuid,serial,admin-interface.name,nameservers"
    assert site.ask("host.import", text=table, form="csv", file="x.csv")["changes"] == []


def test_a_cell_that_a_spreadsheet_would_reckon_is_made_harmless() -> None:
    hosts = [Host(1, "xen01", (ONE,), "p", answers={"hostname": "=HYPERLINK(1)", "keymap": "+1", "timezone": "@x"})]
    assert "'=HYPERLINK(1),'+1,'@x" in write(hosts)
    [entry] = read(write(hosts), "x.csv")
    assert host_of(entry, None).answers == hosts[0].answers


_signs = st.characters(max_codepoint=0x24F, categories=["L", "N", "P", "S"], exclude_characters="[]{}'")
_words = st.text(_signs, min_size=1, max_size=12)


@given(
    st.lists(st.tuples(st.integers(0, 255), st.sampled_from(["R2", "Row 3/b"]), st.frozensets(st.sampled_from("abc")), _words), max_size=4)
)
def test_tables_come_back_as_they_were(rows: list[tuple[int, str, frozenset[str], str]]) -> None:
    hosts = [
        Host(0, f"xen{n}", (f"52:54:00:77:{n:02x}:{mac:02x}",), "p", None, None, IPv4Address(mac), {"keymap": word}, rack, (*sorted(tags),))
        for n, (mac, rack, tags, word) in enumerate(rows)
        if word != "null"
    ]
    assert [host_of(entry, None) for entry in read(write(hosts), "x.csv")] == hosts


@given(st.text(max_size=300))
def test_any_text_is_a_table_or_refused(text: str) -> None:
    try:
        read(text, "x.csv")
    except PxeserveError as error:
        assert error.message.startswith("x.csv: ")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name\n" + "a\n" * 9, "line 6: more than 4 hosts"),
        ("name,rack,tags\n" + "a,b,c\n" * 4, "line 4: more than 6 cells"),
    ],
)
def test_a_table_of_too_many_is_refused_while_it_is_read(text: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A megabyte of names is a hundred megabytes of entries: what is too much is never made."""
    made: list[object] = []
    real = spreadsheet._entry
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 4)
    monkeypatch.setattr(spreadsheet, "MOST_CELLS", 6)
    monkeypatch.setattr(spreadsheet, "_entry", lambda *said: (made.append(said), real(*said))[1])
    with pytest.raises(PxeserveError, match=says):
        read(text, "rack.csv")
    assert len(made) <= 4


def test_the_name_of_a_table_is_no_text(site: Site) -> None:
    with pytest.raises(PxeserveError, match="file: String should have at most 4096"):
        site.ask("host.import", text="name\nxen01\n", form="csv", file="x" * 5000)
