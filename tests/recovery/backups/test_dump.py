"""What a dump of a pool's database says, of every generation; and every way in which it can be none."""

from __future__ import annotations

import gzip

import pytest

from pxeserve.errors import PxeserveError
from pxeserve.recovery.backups import dump as reading
from pxeserve.recovery.backups.archive import Archive
from pxeserve.recovery.backups.dump import Dump, Holds
from tests.recovery.backups.dumps import GENERATIONS, MASTER, MEMBER, POOL, SECRET, dump, pieces, row, table


def read(content: bytes, step: int = 777) -> Holds:
    found = Dump()
    for at in range(0, len(content), step):
        found.look(content[at : at + step])
    return found.end()


@pytest.mark.parametrize("generation", GENERATIONS)
def test_each_generation_tells_its_product_hosts_storage_and_guests(generation: str) -> None:
    found, (schema, _, product) = read(dump(generation)), GENERATIONS[generation]
    assert (found.product, found.version, found.build) == product
    assert (found.schema, found.pool_uuid, found.pool_name, found.master_uuid) == (schema, POOL, "rack A", MASTER)
    assert found.hosts == [
        {"uuid": MASTER, "name": "xen01", "hostname": "xen01", "address": "10.77.0.11"},
        {"uuid": MEMBER, "name": "xen02", "hostname": "xen02", "address": "10.77.0.12"},
    ]
    assert found.srs == [
        {"uuid": "s-1", "name": "Local storage", "type": "lvm", "shared": False},
        {"uuid": "s-2", "name": "NFS", "type": "nfs", "shared": True},
    ]  # fmt: skip
    assert (found.vms, found.suspended) == (2, [{"uuid": "v-2", "name": "<db>%", "sr": "Local storage", "sr_uuid": "s-1"}])
    assert SECRET not in str(found.plain())


def test_it_makes_no_difference_in_which_pieces_it_comes() -> None:
    assert read(dump(), 1) == read(dump(), 1 << 20)


def test_long_lists_are_cut_and_the_rest_counted() -> None:
    many = table("VM", *(row(ref=f"OpaqueRef:m{i}", uuid=str(i), power_state="Suspended", name__label=f"vm{i}") for i in range(1500)))
    found = read(dump(more=many))
    assert (len(found.suspended), found.more, found.vms) == (1000, {"suspended": 501}, 1502)


BOMB = b'<?xml version="1.0"?><!DOCTYPE database [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><database>&b;</database>'
EXTERNAL = b'<!DOCTYPE database SYSTEM "file:///etc/passwd"><database/>'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1, byte 0: it is cut"),
        (dump()[:-1], "it is cut"),
        (dump()[: len(dump()) // 2], "it is cut"),
        (b"PGDMP\x00\x01", "byte 0: it is not XML"),
        (gzip.compress(bytes(1 << 20)), r"compressed \(gzip\)"),
        (BOMB, "line 1, byte .*: it declares a document type"),
        (EXTERNAL, "it declares a document type"),
        (dump().replace(b"</table>", b"</tabl>", 1), "line 2, byte .*: it is not XML: mismatched tag"),
        (b"<html><body/></html>", "<html> does not belong there"),
        (b"<database>" + b"<table>" * 50, "<table> does not belong there"),
        (b"<database><manifest/></database>", "it does not name a pool"),
        (dump() + b"<database/>", "junk after document element"),
        (dump().replace(b"rack%.A", b"rack\x01A"), "not well-formed"),
        (dump().replace(b"xen01", b"xen\xff01"), "not well-formed"),
    ],
)
def test_what_is_no_dump_is_refused_with_its_place(content: bytes, said: str) -> None:
    with pytest.raises(PxeserveError, match=said) as refused:
        read(content)
    assert refused.value.code == "malformed" and refused.value.fix


def test_a_tag_without_an_end_is_given_up_long_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_TOKEN", 1 << 20)
    found = Dump()
    with pytest.raises(PxeserveError, match="one tag of more than 1 MB"):
        for _ in range(40):
            found.look(b"<database><!--" + b"x" * 65536 if found._begun is False else b"x" * 65536)


def test_too_many_rows_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_ROWS", 1000)
    with pytest.raises(PxeserveError, match="more than 1000 rows"):
        read(b"".join(pieces(8 << 20)), 1 << 20)


def test_an_archive_of_a_host_is_whole_or_refused() -> None:
    head = bytearray(512)
    head[257:262] = b"ustar"
    whole = bytes(head) + b"x" * 512 + bytes(1024)
    for content, said in ((whole, ""), (whole[:-512], "it is cut"), (whole[:-1], "it is cut"), (b"", "it is cut"), (bytes(2048), "no tar")):
        archive = Archive()
        if not said:
            archive.look(content)
            archive.end()
            continue
        with pytest.raises(PxeserveError, match=said):
            archive.look(content)
            archive.end()
