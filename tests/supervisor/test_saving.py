"""A site in one archive: saved while it is served, put back elsewhere or over what is there, and never with an arming that still holds."""

from __future__ import annotations

import gzip
import os
import shutil
import sqlite3
import stat
import subprocess
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pxeserve.accounts.reception import Reception
from pxeserve.domain.install import InstallState
from pxeserve.errors import ConflictError, PxeserveError
from pxeserve.events import restoring
from pxeserve.events.ledger import Ledger
from pxeserve.repo.imports import import_medium
from pxeserve.repo.sample import make_sample
from pxeserve.saved import moment, packing
from pxeserve.store import audit, events, witness
from pxeserve.supervisor import prepare
from tests.supervisor.conftest import PXESERVE, Service
from tests.supervisor.saved_site import CONFIGURATION, Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "data")


def test_it_comes_back_in_an_empty_folder_as_it_was(site: Site, tmp_path: Path) -> None:
    done = site.save(tmp_path / "a.tgz")
    assert stat.S_IMODE((tmp_path / "a.tgz").stat().st_mode) == 0o600
    assert done["bytes"] == (tmp_path / "a.tgz").stat().st_size
    was = site.print()
    shutil.rmtree(site.data)
    told = site.restore(tmp_path / "a.tgz")
    assert told is not None
    assert (told["replaces"], told["hosts"], told["missing"]) == (False, 1, [])
    assert site.print() == was
    assert Path(told["configuration"]).read_bytes() == CONFIGURATION
    assert site.names() == {"state", "keys", "templates", "run", "configuration.saved.toml"}


def test_all_armings_lapse_and_sessions_and_tokens_end_and_it_is_told(site: Site, tmp_path: Path) -> None:
    session, token = site.arm()
    site.save(tmp_path / "a.tgz")
    assert site.state() is InstallState.ARMED
    site.restore(tmp_path / "a.tgz")
    assert site.state() is InstallState.LAPSED
    with site.store() as store:
        with store.site.read() as connection:
            lines = [line for line in audit.lines(connection, audit.Wanted(), 10) if line["action"].startswith(("site.", "state."))]
        assert [(line["actor"], line["action"]) for line in lines] == [
            ("service", "state.restored"), ("anna", "site.restore"), ("anna", "site.save")
        ]  # fmt: skip
        reception = Reception(store, site.data)
        assert reception.by_session(session) is None
        assert reception.by_token(token, "192.0.2.7") is None
        assert "1 sessions ended, 1 tokens revoked, 1 armings lapsed" in lines[0]["result"]
        restoring.tell(store, Ledger(store), 1.0)
        with store.events.read() as connection:
            assert [row.kind for row in events.latest(connection, events.Wanted(), 10)] == ["state.restored"]


def test_the_next_start_has_nothing_to_add(site: Site, tmp_path: Path) -> None:
    site.arm()
    site.save(tmp_path / "a.tgz")
    site.goes_on()
    site.restore(tmp_path / "a.tgz")
    prepare.fill(site.data)
    with site.store() as store, store.site.read() as connection:
        assert len(audit.lines(connection, audit.Wanted(action="state.restored"), 10)) == 1


def test_over_a_state_that_is_there_only_when_that_is_wanted(site: Site, tmp_path: Path) -> None:
    other = Site(tmp_path / "other", "xen02")
    other.save(tmp_path / "a.tgz")
    was = site.print()
    assert site.restore(tmp_path / "a.tgz", answer=False) is None
    assert site.print() == was
    (site.data / "templates/mine.j2").write_text("this site's alone")
    told = site.restore(tmp_path / "a.tgz")
    assert told is not None
    assert told["replaces"]
    assert site.print() == other.print()
    assert not (site.data / "templates/mine.j2").exists()
    assert {"restoring", "restored", "replaced"} & site.names() == set()


def test_a_file_that_is_there_is_not_written_over(site: Site, tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_text("mine")
    with pytest.raises(ConflictError, match="is there already"):
        site.save(tmp_path / "a.tgz")
    assert (tmp_path / "a.tgz").read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"a.tgz", "data"}


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _changed(content: bytes) -> bytes:
    return content[:3000] + bytes([content[3000] ^ 1]) + content[3001:]


def _other(_content: bytes) -> bytes:
    return gzip.compress(os.urandom(2000))


@pytest.mark.parametrize("spoil", [_cut, _changed, _other])
def test_an_archive_that_is_not_whole_changes_nothing(site: Site, tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    site.save(tmp_path / "a.tgz")
    (tmp_path / "b.tgz").write_bytes(spoil((tmp_path / "a.tgz").read_bytes()))
    site.arm()
    was = site.print()
    with pytest.raises(PxeserveError, match="no whole archive"):
        site.restore(tmp_path / "b.tgz")
    assert (site.print(), site.state()) == (was, InstallState.ARMED)
    prepare.fill(site.data)
    assert {"restoring", "restored", "replaced"} & site.names() == set()


def test_a_state_of_a_newer_release_is_left_alone_and_the_way_is_named(site: Site, tmp_path: Path) -> None:
    newer = Site(tmp_path / "newer", "xen02")
    repacked(newer, tmp_path, "UPDATE alembic_version_site SET version_num = 'site9999'")
    was = site.print()
    with pytest.raises(PxeserveError, match="newer release"):
        site.restore(tmp_path / "b.tgz")
    assert site.print() == was


def test_an_older_release_goes_back_to_what_was_saved_before_the_newer_one(site: Site, tmp_path: Path) -> None:
    site.save(tmp_path / "a.tgz")
    was = site.print()
    with closing(sqlite3.connect(site.data / "state/site.db")) as connection:
        connection.execute("UPDATE alembic_version_site SET version_num = 'site9999'")
        connection.commit()
    with pytest.raises(PxeserveError, match="newer release") as told:
        prepare.fill(site.data)
    assert "pxeserve site restore FILE" in told.value.fix
    assert site.restore(tmp_path / "a.tgz") is not None
    prepare.fill(site.data)
    assert site.print() == was


def test_a_database_that_is_broken_inside_is_refused(site: Site, tmp_path: Path) -> None:
    """Its sum is right: it was broken when it was saved."""
    broken = Site(tmp_path / "broken", "xen02")
    repacked(broken, tmp_path, "PRAGMA writable_schema=ON", "UPDATE sqlite_master SET rootpage = 100000 WHERE name = 'host'")
    was = site.print()
    with pytest.raises(PxeserveError, match=r"state/site\.db in the archive is no whole database"):
        site.restore(tmp_path / "b.tgz")
    assert site.print() == was


def repacked(site: Site, tmp_path: Path, *statements: str) -> None:
    """An archive of `site` as it never was: its database changed by `statements`, and its sums right."""
    site.save(tmp_path / "a.tgz")
    folder = tmp_path / "unpacked"
    folder.mkdir()
    with (tmp_path / "a.tgz").open("rb") as file:
        said = packing.unpack(file, folder)
    with closing(sqlite3.connect(folder / "state/site.db")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    members = tuple(packing.summed(folder / one.name, one.name) for one in said.members)
    with (tmp_path / "b.tgz").open("wb") as to:
        packing.pack(packing.Summing(to.fileno()), type(said)(said.release, 1.0, said.schemas, members, said.without), folder.joinpath)


def test_media_whose_files_are_missing_are_named_with_the_way_to_bring_them(site: Site, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    make_sample(tree)
    with site.store() as store:
        medium = import_medium(store, site.data, tree, "sample", lambda *_: None, "anna", 1.0)
    (site.data / "files").mkdir(exist_ok=True)
    (site.data / "files/vmlinuz").write_bytes(b"kernel")
    site.save(tmp_path / "a.tgz")
    elsewhere = Site.__new__(Site)
    elsewhere.data = tmp_path / "elsewhere"
    told = elsewhere.restore(tmp_path / "a.tgz")
    assert told is not None
    said = {one["what"]: one["fix"] for one in told["missing"]}
    assert list(said) == [f"medium sample: {elsewhere.data / 'media' / medium.folder} is not there", "1 plain files: files/vmlinuz"]
    assert f"pxeserve media import {tree} --name sample" in next(iter(said.values()))
    with elsewhere.store() as store:  # as it is said
        import_medium(store, elsewhere.data, tree, "sample", lambda *_: None, "anna", 2.0)
    assert (elsewhere.data / "media" / medium.folder / "install.img").exists()


def test_the_databases_are_of_one_moment(site: Site, tmp_path: Path) -> None:
    """A number is written into two files, in turn, all the while: no copy holds the second without the first, or lacks more than one."""
    ended = threading.Event()

    def write() -> None:
        first, second = (sqlite3.connect(site.data / f"state/{name}.db", timeout=60) for name in ("site", "events"))
        with closing(first), closing(second):
            number = 0
            while not ended.is_set():
                number += 1
                for connection in (first, second):
                    connection.execute("UPDATE pair SET number = ?", (number,))
                    connection.commit()

    for name in ("site", "events"):
        with closing(sqlite3.connect(site.data / f"state/{name}.db")) as connection:
            connection.execute("CREATE TABLE pair (number)")
            connection.execute("INSERT INTO pair VALUES (0)")
            connection.commit()
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(20):
            (tmp_path / str(number)).mkdir()
            moment.copy(site.data / "state", tmp_path / str(number))
    finally:
        ended.set()
        writer.join()
    seen = [[_number(tmp_path / str(number) / f"{name}.db") for name in ("site", "events")] for number in range(20)]
    assert all(first - second in (0, 1) for first, second in seen), seen
    assert len({first for first, _ in seen}) > 1, "somebody wrote"


def _number(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT number FROM pair").fetchone()[0])


@pytest.mark.long
def test_a_running_service_is_saved_and_is_not_restored_over(make_service: Callable[..., Service], tmp_path: Path) -> None:
    service = make_service()
    service.start()
    assert "result" in service.asked("profile.add", name="rack")
    file = service.folder / "a.tgz"

    def run(*words: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run([PXESERVE, "site", *words, "--config", service.config], capture_output=True, text=True, check=False)

    saved = run("save", file)
    assert (saved.returncode, saved.stderr) == (0, "")
    assert "holds every secret of this service, unencrypted" in saved.stdout
    service.until(lambda: "state.saved" in str(service.asked("event.page")), "the record tells of it")
    refused = run("restore", file, "--replace", service.data)
    assert refused.returncode == 1
    assert "already running" in refused.stderr
    assert "stop the service first" in refused.stderr
    assert "result" in service.asked("profile.add", name="later")
    service.stop()
    asked = run("restore", file, "--replace", tmp_path)
    assert (asked.returncode, "type the path of its folder" in asked.stderr) == (1, True)
    done = run("restore", file, "--replace", service.data)
    assert done.returncode == 0, done.stderr
    assert "armings lapsed" in done.stdout
    service.start()
    assert [one["name"] for one in service.asked("profile.list")["result"]] == ["rack"]
    assert (service.data / "run" / witness.FILE).exists()
    service.stop()
