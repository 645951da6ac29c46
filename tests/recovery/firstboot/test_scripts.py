"""The scripts of the first boot as text: for every generation each shell reads them, shellcheck has nothing to say, and no word of a site
becomes shell."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.scripts.generations import GENERATIONS
from pxeserve.domain.pool import Licence, Member, Pool, Storage, StorageKind
from pxeserve.recovery.firstboot.forms import FORMS
from pxeserve.recovery.firstboot.script import WordsError, job, script
from pxeserve.recovery.firstboot.steps import Role, role_of, steps

NASTY = "it's `id` $(id) \"; rm -rf / #"
EVERY = Pool(
    NASTY, "xen01", (Member("xen01", NASTY), Member("xen02", NASTY)),
    storage=(
        Storage(NASTY, StorageKind.LVM, device="/dev/sdb"), Storage("ext", StorageKind.EXT, device="/dev/sdc", hosts=("xen02",)),
        Storage("nfs", StorageKind.NFS, server=NASTY, path=NASTY, default=True), Storage("iso", StorageKind.ISO, server="s", path="/p"),
        Storage("lun", StorageKind.ISCSI, target="10.0.0.1", target_iqn=NASTY, scsi_id="360", chap_user=NASTY),
    ),
    licence=Licence(NASTY, "s"),
)  # fmt: skip
SERVER = "http://10.9.0.254/fb/TOKEN"


def test_the_forms_know_every_generation() -> None:
    assert set(FORMS) == set(GENERATIONS)


@pytest.mark.parametrize("host", ["xen01", "xen02"])
@pytest.mark.parametrize("dialect", FORMS)
def test_every_shell_reads_the_scripts_and_shellcheck_is_content(dialect: str, host: str) -> None:
    todo = steps(EVERY, host, role_of(EVERY, host, Mode.FRESH), dialect)
    texts = (script(todo, SERVER, "m"), job(todo, SERVER, "m").encode())
    for text in texts:
        for shell in (["dash", "-n"], ["bash", "--posix", "-n"], ["busybox", "sh", "-n"]):
            if shutil.which(shell[0]):
                said = subprocess.run([*shell, "/dev/stdin"], input=text, capture_output=True, timeout=60, check=False)
                assert (said.returncode, said.stderr) == (0, b""), shell
    if dialect in ("4.1", "xs9") and shutil.which("shellcheck"):
        for text in texts:
            words = ["shellcheck", "--shell=sh", "--norc", "--exclude=SC2317,SC2016", "-"]   # called by name; words that stay words
            said = subprocess.run(words, input=text, capture_output=True, timeout=60, check=False)
            assert said.stdout.decode() == ""


def test_a_step_has_a_name_that_stays() -> None:
    master = [one.name for one in steps(EVERY, "xen01", Role.MASTER, "8.2")]
    assert master == [
        "toolstack", "certificate", "inventory", "iqn", "licence", "storage.1", "storage.3", "storage.4", "storage.5", "default-storage",
        "root-password",
    ]  # fmt: skip
    member = [one.name for one in steps(EVERY, "xen02", Role.MEMBER, "8.2")]
    assert member == ["toolstack", "certificate", "inventory", "iqn", "licence", "join", "storage.1", "storage.2"]
    assert [one.name for one in steps(EVERY, "xen02", Role.KEPT, "8.2")] == ["toolstack", "certificate", "inventory"]
    assert "licence" not in [one.name for one in steps(EVERY, "xen01", Role.MASTER, "4.1")]


def test_a_word_that_would_end_its_line_is_refused() -> None:
    bad = Pool("p", "xen01", (Member("xen01"),), storage=(Storage("a\nPXESERVE_FIRST_BOOT\nid", StorageKind.ISO, server="s", path="/p"),))
    with pytest.raises(WordsError, match="is none of a name"):
        script(steps(bad, "xen01", Role.SOLE, "8.2"), SERVER, "m")
