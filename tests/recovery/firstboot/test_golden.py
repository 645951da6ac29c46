"""What every generation's first boot asks its toolstack, byte for byte: transcripts/GENERATION-SCENARIO-ROLE.txt, a line a call, each word
in brackets. One that is not there is written by the run that misses it, which fails: look at it, and run again."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pxeserve.answerfile.answers import Mode
from pxeserve.domain.pool import Storage, StorageKind
from pxeserve.recovery.firstboot.forms import FORMS
from pxeserve.recovery.firstboot.script import job, script
from pxeserve.recovery.firstboot.steps import role_of, steps
from pxeserve.store import pools
from pxeserve.store import tables as t
from tests.recovery.firstboot.conftest import Site, System, pool

GOLDEN = Path(__file__).with_name("transcripts")
LOCAL = Storage("Local storage", StorageKind.LVM, device="/dev/sdb", default=True)
OWN = Storage("Local storage", StorageKind.LVM, device="/dev/sdb")
ISO = Storage("ISOs", StorageKind.ISO, server="10.9.0.8", path="/isos")
SCENARIOS = {
    "local": (LOCAL,),
    "nfs": (OWN, Storage("Guests", StorageKind.NFS, server="10.9.0.8", path="/srv/my guests", default=True), ISO),
    "iscsi": (
        OWN, Storage(
            "LUN 1", StorageKind.ISCSI, target="10.9.0.7", target_iqn="iqn.2001-05.com.example:t", scsi_id="360a98", chap_user="me",
            default=True,
        ),
    ),
}  # fmt: skip
ROLES = {"sole": ("xen01", ("xen01",)), "master": ("xen01", ("xen01", "xen02")), "member": ("xen02", ("xen01", "xen02"))}
KEPT = {"root": "$6$abc$new", "chap.2": "chap's secret"}


def transcript(site: Site, system: Any, dialect: str, scenario: str, role: str) -> str:
    host: System = system(FORMS[dialect].name)
    name, members = ROLES[role]
    install, body = site.arm(pool(*SCENARIOS[scenario], members=members), name, dialect, KEPT)
    if role == "member":
        with site.store.site.write() as connection:
            found = pools.pool(connection, "lab")
            assert found is not None
            values = {"id": install, "host_id": site.hosts[name].id, "install_id": install, "pool_id": found.id, "state": "joined"}
            connection.execute(t.pool_join.insert().values(**values, asked_at=1.0, changed_at=1.0, version=0))
    assert host.place(body) == 0
    host.run()
    assert (site.row(install).state, site.told()[-1][0]) == ("done", "firstboot.done")
    return host.calls


SHORT = {("4.1", "iscsi", "master"), ("xs9", "nfs", "member")}
EVERY = [(dialect, scenario, role) for dialect in FORMS for scenario in SCENARIOS for role in ROLES]


def compared(site: Site, system: Any, dialect: str, scenario: str, role: str) -> None:
    file = GOLDEN / f"{dialect}-{scenario}-{role}.txt"
    said = transcript(site, system, dialect, scenario, role)
    if not file.exists():
        file.write_text(said, encoding="utf-8")
        pytest.fail(f"{file.name} was written anew: look at it")
    assert said == file.read_text(encoding="utf-8"), file.name


@pytest.mark.parametrize(("dialect", "scenario", "role"), sorted(SHORT))
def test_some_first_boots_ask_what_their_transcripts_say(site: Site, system: Any, dialect: str, scenario: str, role: str) -> None:
    compared(site, system, dialect, scenario, role)


@pytest.mark.long
@pytest.mark.parametrize("dialect", FORMS)
def test_every_first_boot_of_a_generation_asks_what_its_transcript_says(site: Site, system: Any, dialect: str) -> None:
    for scenario in SCENARIOS:
        for role in ROLES:
            if (dialect, scenario, role) not in SHORT:
                compared(site, system, dialect, scenario, role)


def test_there_is_a_transcript_of_each_and_of_nothing_else() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == {"-".join(one) for one in EVERY}


@pytest.mark.long
def test_shells_and_shellcheck_are_content_with_the_scripts_of_each() -> None:
    bodies = set()
    for dialect, scenario, role in EVERY:
        name, members = ROLES[role]
        one = pool(*SCENARIOS[scenario], members=members)
        todo = steps(one, name, role_of(one, name, Mode.FRESH), dialect)
        bodies |= {script(todo, "http://10.9.0.254/fb/TOKEN", "m"), job(todo, "http://10.9.0.254/fb/TOKEN", "m").encode()}
    assert len(bodies) == 2 * 2 * (len(SCENARIOS) + 1), "with editions and without: masters by scenario, and members, which are all alike"
    checkers = (["dash", "-n"], ["bash", "-n"], ["shellcheck", "--shell=sh", "--norc", "--exclude=SC2317,SC2016", "-"])
    for checker in checkers:
        if shutil.which(checker[0]):
            for body in bodies:
                said = subprocess.run(checker, input=body, capture_output=True, timeout=60, check=False)
                assert (said.returncode, said.stdout, said.stderr) == (0, b"", b""), checker
