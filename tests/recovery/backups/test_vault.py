"""Backups at rest: unreadable without the key, and no byte leaves that is not what was written."""

from __future__ import annotations

import hashlib
import io
import os
import resource
import stat
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from pxeserve.errors import NotFoundError, PxeserveError
from pxeserve.keys import backup_key
from pxeserve.recovery.backups import vault as at_rest
from pxeserve.recovery.backups.vault import PIECE, Vault, new_id

ONE, OTHER = "0" * 31 + "1", "0" * 31 + "2"
SEALED = PIECE + 16
HEAD = 60


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "backups", backup_key(tmp_path))


def kept(vault: Vault, content: bytes, id: str = ONE, **how: Any) -> Any:
    asked = {"length": len(content), "most": 1 << 30, "look": len} | how
    return vault.keep(id, io.BytesIO(content), asked["length"], asked["most"], asked["look"])


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 5])
@pytest.mark.parametrize("told", [True, False])
def test_what_comes_out_is_what_went_in(vault: Vault, size: int, told: bool) -> None:
    content = os.urandom(size)
    done = kept(vault, content, length=size if told else None)
    assert b"".join(vault.read(ONE)) == content
    assert (done.size, done.sha256) == (size, hashlib.sha256(content).hexdigest())
    assert stat.S_IMODE(vault.place(ONE).stat().st_mode) == 0o600
    assert stat.S_IMODE(vault.folder.stat().st_mode) == 0o700


def test_nothing_of_it_can_be_read_in_the_file_nor_with_another_key(vault: Vault) -> None:
    kept(vault, b"a secret " * 500_000)
    assert b"secret" not in vault.place(ONE).read_bytes()
    with pytest.raises(PxeserveError, match="damaged: piece 1"):
        list(Vault(vault.folder, os.urandom(32)).read(ONE))


def _changed(content: bytes) -> bytes:
    return content[: HEAD + SEALED + 10] + bytes([content[HEAD + SEALED + 10] ^ 1]) + content[HEAD + SEALED + 11 :]


def _swapped(content: bytes) -> bytes:
    first, second = content[HEAD : HEAD + SEALED], content[HEAD + SEALED : HEAD + 2 * SEALED]
    return content[:HEAD] + second + first + content[HEAD + 2 * SEALED :]


@pytest.mark.parametrize(
    "spoil",
    [
        _changed, _swapped,
        lambda content: content[: HEAD + SEALED] + content[HEAD + 2 * SEALED :],  # one left out
        lambda content: content[: HEAD + 2 * SEALED],  # the last left out
        lambda content: content[:-1], lambda content: content + b"x", lambda content: content[:HEAD], lambda content: content[:10],
        lambda content: content[:HEAD - 1] + bytes([content[HEAD - 1] ^ 1]) + content[HEAD:],
    ],
)  # fmt: skip
def test_whatever_is_done_to_the_file_nothing_false_leaves(vault: Vault, spoil: Any) -> None:
    content = os.urandom(2 * PIECE + 5)
    kept(vault, content)
    place = vault.place(ONE)
    place.write_bytes(spoil(place.read_bytes()))
    given = b""
    with pytest.raises(PxeserveError, match="is damaged"):
        for piece in vault.read(ONE):
            given += piece
    assert content.startswith(given)


def test_a_file_that_is_gone_is_damage_and_a_service_without_room_for_files_is_none(vault: Vault) -> None:
    kept(vault, b"one")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        with pytest.raises(PxeserveError, match="cannot be read now") as busy:
            list(vault.read(ONE))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert not isinstance(busy.value, at_rest.DamagedError)
    vault.place(ONE).unlink()
    with pytest.raises(at_rest.DamagedError, match="No such file"):
        list(vault.read(ONE))


def test_a_file_cannot_stand_in_for_another(vault: Vault) -> None:
    kept(vault, b"one")
    kept(vault, b"other", OTHER)
    vault.place(ONE).write_bytes(vault.place(OTHER).read_bytes())
    with pytest.raises(PxeserveError, match="another's"):
        list(vault.read(ONE))


def test_what_is_refused_on_the_way_leaves_nothing(vault: Vault) -> None:
    def refuse(_piece: bytes) -> None:
        raise PxeserveError("not that")

    for how, said in (
        ({"look": refuse}, "not that"),
        ({"length": 10}, "ended after 5 of 10"),
        ({"most": 4}, "at most"),
        ({"length": None, "most": 4}, "at most"),
    ):
        with pytest.raises(PxeserveError, match=said):
            kept(vault, b"12345", **how)
    assert list(vault.folder.iterdir()) == []


def test_the_disk_is_not_filled(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_rest.shutil, "disk_usage", lambda _: type("Usage", (), {"total": 1 << 40, "free": (1 << 30) + 10})())
    with pytest.raises(PxeserveError, match="leases and logs keep") as refused:
        kept(vault, bytes(100))
    assert refused.value.code == "full"


def test_what_a_kill_has_left_is_swept_away_and_nothing_else(vault: Vault) -> None:
    kept(vault, b"one")
    kept(vault, b"other", OTHER)
    (vault.folder / f"{new_id()}.coming").write_bytes(b"half")
    soon = vault.place(ONE).stat().st_mtime + 10
    assert [name.partition(".")[2] for name in at_rest.sweep(vault.folder, {ONE}, soon)] == ["coming"]
    assert at_rest.sweep(vault.folder, {ONE}, soon + 3600) == [f"{OTHER}.enc"]
    assert [path.name for path in vault.folder.iterdir()] == [f"{ONE}.enc"]


@pytest.mark.parametrize("id", ["../" + "0" * 29, "", "0" * 31, "0" * 33, "X" * 32, "0" * 31 + "\n"])
def test_a_name_is_an_id_and_never_a_path(vault: Vault, id: str) -> None:
    with pytest.raises(NotFoundError):
        list(vault.read(id))


def test_it_never_lies_in_memory_whole(vault: Vault) -> None:
    class Zeros:
        left = 64 << 20

        def read(self, size: int, /) -> bytes:
            size = min(size, self.left)
            self.left -= size
            return bytes(size)

    tracemalloc.start()
    try:
        vault.keep(ONE, Zeros(), None, 1 << 30, len)
        assert sum(len(piece) for piece in vault.read(ONE)) == 64 << 20
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * PIECE
