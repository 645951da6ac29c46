"""The job and the restore script as they run: the job against the real console over TLS, both against an xe that writes down what it is
asked. The programs that can send are each tried alone."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pxeserve.domain.host import Host
from pxeserve.domain.pool import Member, Pool
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.events.recorder import Recorder
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from pxeserve.recovery.backups import scripts
from pxeserve.store import backups, inventory, pools
from pxeserve.store.backups import BackupRow
from tests.console import people
from tests.console.served import Served, served
from tests.recovery.backups.dumps import dump

SENDERS = {"python": ("python3",), "curl": ("curl",), "wget": ("wget",)}
TOOLS = (
    "sh", "cat", "tr", "mktemp", "rm", "chmod", "grep", "tail", "head", "cut", "sed", "mkfifo", "stat", "sha256sum", "ip", "ping",
    "sleep",
)  # fmt: skip
NASTY = "it's `id` $(id) \"; rm -rf / #"
LOST = {"uuid": "v-2", "name": NASTY, "sr": "Local storage", "sr_uuid": "s-1"}
HOLDS = {
    "version": "8.3.0", "master_uuid": "h-1", "hosts": [{"uuid": "h-1", "name": NASTY, "address": "192.0.2.9"}],
    "srs": [{"uuid": "s-1", "name": "Local storage", "shared": False}, {"uuid": "s-2", "name": "NFS", "shared": True}],
    "suspended": [LOST, {"uuid": "v-3", "name": "safe", "sr": "NFS", "sr_uuid": "s-2"}], "more": {},
}  # fmt: skip
ROW = BackupRow("ab" * 16, 1, "database", 0.0, 5, hashlib.sha256(b"dumpy").hexdigest(), "good", HOLDS, "anna")


def archive() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("etc/a"))
    return packed.getvalue()


class Place:
    """A machine with an xe, and few other programs."""

    def __init__(self, folder: Path, senders: tuple[str, ...]) -> None:
        self.folder, self.xe, self.tmp = folder, folder / "xe", folder / "tmp"
        for one in (folder / "bin", self.xe, self.tmp):
            one.mkdir()
        shutil.copy(Path(__file__).with_name("xe.sh"), folder / "bin" / "xe")
        (folder / "bin" / "xe").chmod(0o755)
        for name in (*TOOLS, *senders):
            if name == "python3":
                (folder / "bin" / name).write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
                (folder / "bin" / name).chmod(0o755)
                continue
            found = shutil.which(name)
            if found is not None:
                (folder / "bin" / name).symlink_to(found)
        (self.xe / "dump").write_bytes(dump())
        (self.xe / "archive").write_bytes(archive())
        (folder / "inventory").write_text("INSTALLATION_UUID='11111111-1111-4111-8111-111111111111'\n")

    def run(self, text: str, *words: str, typed: str = "") -> tuple[int, str]:
        # only what this place has: the scripts look further by themselves
        text = text.replace("PATH=$PATH:", "PATH=$PATH #")
        script = self.folder / "script.sh"
        script.write_text(text)
        environment = {
            "PATH": str(self.folder / "bin"), "XE": str(self.xe), "TMPDIR": str(self.tmp), "TOKEN": str(self.folder / "token"),
            "PASSWORD": str(self.folder / "password"), "INVENTORY": str(self.folder / "inventory"),
        }  # fmt: skip
        words = ("/bin/sh", str(script), *words)
        done = subprocess.run(words, input=typed, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert list(self.tmp.iterdir()) == []
        return done.returncode, done.stdout + done.stderr

    def asked(self) -> list[str]:
        return (self.xe / "asked").read_text().splitlines() if (self.xe / "asked").exists() else []


class Site:
    """A real console over TLS that knows a pool."""

    def __init__(self, console: Served) -> None:
        self.console = console
        with console.store.site.write() as connection:
            inventory.put_hosts(connection, [Host(0, f"xen0{i}", (f"52:54:00:77:00:0{i}",), "") for i in (1, 2)])
            pools.save(connection, Pool("rack-a", "xen01", (Member("xen01"),)))
        self.token = people.token(console.store, Role.OPERATOR, scope="backup:write", pools=("rack-a",))
        recorder = Recorder(console.config.server.data / "run" / "nobody-listens", "console")
        self.context = Context(console.config, console.store, Actor("root"), lambda _: None, recorder)

    def ask(self, verb: str, **arguments: Any) -> Any:
        return registry.call(self.context, verb, arguments)

    def kept(self) -> list[BackupRow]:
        with self.console.store.site.read() as connection:
            return backups.backups(connection)


@pytest.fixture(scope="module")
def console() -> Iterator[Served]:
    with served() as one:
        yield one


@pytest.fixture(scope="module")
def site(console: Served) -> Site:
    return Site(console)


@pytest.mark.parametrize("sender", SENDERS)
def test_the_job_sends_a_dump_that_is_kept_and_leaves_nothing_behind(site: Site, tmp_path: Path, sender: str) -> None:
    place = Place(tmp_path, SENDERS[sender])
    (tmp_path / "token").write_text(site.token + "\n")
    text = site.ask("backup.job", pool="rack-a")["files"][0]["content"]
    before = len(site.kept())
    status, said = place.run(text)
    assert status == 0, said
    row = site.kept()[0]
    assert len(site.kept()) == before + 1 and row.sha256 == hashlib.sha256(dump()).hexdigest()
    assert said == f"pxeserve: database backup of rack-a: sent, {row.id}\n"
    assert (place.xe / "modes").read_text().split() == ["600", "700"]
    assert site.token not in text


@pytest.mark.parametrize("sender", ["python", "curl"])
def test_the_job_gives_a_token_to_no_other_certificate(site: Site, tmp_path: Path, sender: str) -> None:
    place = Place(tmp_path, SENDERS[sender])
    (tmp_path / "token").write_text(site.token)
    text = site.ask("backup.job", pool="rack-a")["files"][0]["content"]
    lines = ["fingerprint=" + "0" * 64 if one.startswith("fingerprint=") else one for one in text.splitlines()]
    lines = ["key=" + "A" * 43 + "=" if one.startswith("key=") else one for one in lines]
    before = len(site.kept())
    status, said = place.run("\n".join(lines) + "\n")
    assert status == 3 and "not taken" in said and ("another certificate" in said or "pinned" in said)
    assert len(site.kept()) == before


@pytest.mark.parametrize("sender", ["python", "curl"])
def test_what_pxeserve_refuses_is_said_in_its_words(site: Site, tmp_path: Path, sender: str) -> None:
    place = Place(tmp_path, SENDERS[sender])
    (tmp_path / "token").write_text(site.token)
    (place.xe / "dump").write_bytes(dump()[:-20])
    status, said = place.run(site.ask("backup.job", pool="rack-a")["files"][0]["content"])
    assert status == 3 and "it is cut" in said and said.count("\n") == 1


def test_what_lacks_is_said_before_anything_is_dumped(site: Site, tmp_path: Path) -> None:
    place = Place(tmp_path, SENDERS["python"])
    text = site.ask("backup.job", pool="rack-a")["files"][0]["content"]
    status, said = place.run(text)
    assert status == 2 and "scope backup:write" in said and place.asked() == []
    (tmp_path / "token").write_text(site.token)
    (place.xe / "no").touch()
    status, said = place.run(text)
    assert status == 1 and said == "pxeserve: database backup of rack-a: xe made none: The server said no\n"


@pytest.mark.parametrize("sender", ["python", "curl"])
def test_a_dump_of_a_remote_pool_names_its_master_and_no_password(site: Site, tmp_path: Path, sender: str) -> None:
    place = Place(tmp_path, SENDERS[sender])
    (tmp_path / "token").write_text(site.token)
    (tmp_path / "password").write_text("root\nGeheimnis\n")
    wanted = scripts.Job("rack-a", "database", master="10.77.0.11")
    status, said = place.run(scripts.job(wanted, site_door(site)))
    assert status == 0, said
    assert place.asked()[0].startswith(f"-s 10.77.0.11 -pwf {tmp_path}/password pool-dump-database file-name=")


@pytest.mark.parametrize("sender", ["python", "curl"])
def test_an_archive_of_a_host_goes_through_without_lying_anywhere(site: Site, tmp_path: Path, sender: str) -> None:
    place = Place(tmp_path, SENDERS[sender])
    (tmp_path / "token").write_text(site.token)
    text = scripts.job(scripts.Job("rack-a", "host", host="xen01"), site_door(site))
    status, said = place.run(text)
    assert status == 0, said
    row = site.kept()[0]
    assert (row.kind, row.sha256) == ("host", hashlib.sha256(archive()).hexdigest())
    assert place.asked() == ["host-backup host=11111111-1111-4111-8111-111111111111 file-name="]
    (place.xe / "no").touch()
    assert place.run(text)[0] in (1, 3)  # nothing came: xe or the console says so first
    (place.xe / "no").unlink()
    (tmp_path / "token").write_text("pxs_nobody")
    assert place.run(text)[0] == 3  # and xe does not wait for ever for somebody who reads


def site_door(site: Site) -> scripts.Door:
    config = site.console.config
    pem = (config.server.data / "keys" / "console.pem").read_text().partition("-----END PRIVATE KEY-----\n")[2]
    return scripts.Door("127.0.0.1", config.console.port, pem)


def test_a_pool_too_old_for_tls_is_told_where_its_job_can_run(site: Site) -> None:
    with site.console.store.site.write() as connection:
        pools.save(connection, Pool("old", "xen02", (Member("xen02"),), product="XenServer", version="6.5.0"))
    with pytest.raises(PxeserveError, match=r"XenServer 6\.5\.0 speak no TLS 1\.2"):
        site.ask("backup.job", pool="old")


def test_each_pool_has_a_minute_of_its_own() -> None:
    (path, cron), = scripts.scheduled(scripts.Job("rack a/ü", "database"), "cron")
    assert path.startswith("/etc/cron.d/pxeserve-backup-rack-a-database-") and cron.endswith(".sh\n") and " * * * root /etc/" in cron
    units = dict(scripts.scheduled(scripts.Job("rack-a", "database"), "systemd"))
    assert [path.rpartition(".")[2] for path in units] == ["service", "timer"]


@pytest.mark.parametrize("text", [
    scripts.restore(ROW, NASTY), scripts.restore(replace(ROW, holds=HOLDS | {"version": "4.1.0"}), "p"),
    scripts.restore(replace(ROW, holds={}), "p"),
])  # fmt: skip
def test_shells_read_the_restore_script_and_shellcheck_is_content(text: str) -> None:
    _read(text)


def test_shells_read_the_job_and_shellcheck_is_content(site: Site) -> None:
    _read(scripts.job(scripts.Job(NASTY, "host", NASTY, NASTY), site_door(site)))


def _read(text: str) -> None:
    for shell in (["dash", "-n"], ["bash", "--posix", "-n"], ["busybox", "sh", "-n"]):
        if shutil.which(shell[0]):
            said = subprocess.run([*shell, "/dev/stdin"], input=text, capture_output=True, text=True, timeout=60, check=False)
            assert (said.returncode, said.stderr) == (0, ""), shell
    if shutil.which("shellcheck"):
        words = ["shellcheck", "--shell=sh", "--norc", "--exclude=SC2016,SC2317,SC2034,SC2157", "-"]  # words of a head, used or not
        said = subprocess.run(words, input=text, capture_output=True, text=True, timeout=60, check=False)
        assert said.stdout == ""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    one = Place(tmp_path, ())
    (tmp_path / "bin" / "ping").unlink(missing_ok=True)
    (tmp_path / "bin" / "ping").symlink_to(shutil.which("false") or "")
    (tmp_path / "dump").write_bytes(b"dumpy")
    return one


def test_the_restore_runs_dry_asks_and_goes_on(place: Place) -> None:
    status, said = place.run(scripts.restore(ROW, "rack-a"), str(place.folder / "dump"), typed="rack-a\nreset\n")
    assert status == 0 and said.index("Database would restore") < said.index("Type the name") < said.index("restored;"), said
    file = f"file-name={place.folder}/dump"
    assert place.asked() == [
        f"pool-restore-database {file} dry-run=true", f"pool-restore-database {file}", "host-list --minimal",
        "vm-reset-powerstate vm=v-2 --force",
    ]  # fmt: skip
    assert "safe" not in said


def test_of_two_guests_and_two_storages_of_one_name_the_lost_one_is_reset(place: Place) -> None:
    srs = [{"uuid": "s-1", "name": "guests", "shared": False}, {"uuid": "s-2", "name": "guests", "shared": True}]
    both = [{"uuid": f"v-{n}", "name": "web", "sr": "guests", "sr_uuid": f"s-{n}"} for n in (1, 2)]
    text = scripts.restore(replace(ROW, holds=HOLDS | {"srs": srs, "suspended": both}), "rack-a")
    status, said = place.run(text, str(place.folder / "dump"), typed="rack-a\nreset\n")
    assert status == 0 and "vm=v-1 --force  # web" in said and "v-2" not in said, said
    assert place.asked()[-1] == "vm-reset-powerstate vm=v-1 --force"


def test_guests_are_left_as_they_are_unless_that_is_typed_and_4_1_has_its_own_word(place: Place) -> None:
    text = scripts.restore(replace(ROW, holds=HOLDS | {"version": "4.1.0"}), "rack-a")
    status, said = place.run(text, str(place.folder / "dump"), typed="rack-a\n\n")
    assert status == 0 and "xe vm-reset-powerstate vm=v-2 -force" in said
    assert len(place.asked()) == 2


def test_a_refused_dry_run_stops_it(place: Place) -> None:
    (place.xe / "no-dry-run").touch()
    status, said = place.run(scripts.restore(ROW, "rack-a"), str(place.folder / "dump"), typed="rack-a\n")
    assert status == 1 and "The cards do not match" in said and len(place.asked()) == 1


@pytest.mark.parametrize("typed", ["", "yes\n", "rack-b\n"])
def test_another_word_stops_it(place: Place, typed: str) -> None:
    status, said = place.run(scripts.restore(ROW, "rack-a"), str(place.folder / "dump"), typed=typed)
    assert status == 3 and "nothing was changed" in said and len(place.asked()) == 1


def test_another_file_stops_it_before_xe_is_asked(place: Place) -> None:
    (place.folder / "dump").write_bytes(b"other")
    status, said = place.run(scripts.restore(ROW, "rack-a"), str(place.folder / "dump"), typed="rack-a\n")
    assert status == 1 and ROW.sha256 in said and place.asked() == []


def test_an_old_master_that_answers_stops_it(place: Place) -> None:
    (place.folder / "bin" / "ping").unlink()
    (place.folder / "bin" / "ping").symlink_to(shutil.which("true") or "")
    status, said = place.run(scripts.restore(ROW, "rack-a"), str(place.folder / "dump"), typed="rack-a\n")
    assert status == 2 and "answers at 192.0.2.9" in said and place.asked() == []
