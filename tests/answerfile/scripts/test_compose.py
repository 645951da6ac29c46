"""What is composed: names, sums and quoting; and what cannot be."""

import hashlib
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.answerfile.answers import Mode, Stage
from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.scripts import compose as room
from pxeserve.answerfile.scripts.compose import ComposeError, StageScript, Wishes, compose
from pxeserve.answerfile.scripts.generations import GENERATIONS
from pxeserve.answerfile.scripts.names import DOM0_MEM, HOOK, ROTATION

FILLED = Stage.FILESYSTEM_POPULATED
NOTHING = Wishes()
BODY = b"#!/bin/sh\nexit 0\n"


def composed(*site: StageScript, dialect: str = "8.2", mode: Mode = Mode.FRESH, wishes: Wishes = NOTHING) -> room.Composed:
    return compose(dialect, mode, site, wishes, lambda name: f"http://192.0.2.1/s/TOKEN/{name}", "http://192.0.2.1/p/TOKEN")


def test_there_is_a_generation_for_each_dialect() -> None:
    assert set(DIALECTS) <= set(GENERATIONS)
    assert len(GENERATIONS) == 14


def test_bodies_are_served_as_they_were_given_and_the_hook_knows_their_sums() -> None:
    body = bytes(range(1, 256)) + "\n'$(echo ü)'\\".encode()
    made = composed(StageScript(FILLED, "own.sh", body))
    assert made.files["filesystem-populated.1.own.sh"] == body
    assert hashlib.sha256(body).hexdigest() in made.files[HOOK].decode()


def test_own_scripts_come_before_the_site_s() -> None:
    made = composed(StageScript(FILLED, "own.sh", BODY), wishes=Wishes("2048M", "$1$salt$hash"), dialect="4.1")
    hook = made.files[HOOK].decode()
    assert hook.index(DOM0_MEM) < hook.index(ROTATION) < hook.index("1.own.sh")
    assert set(made.files) == {HOOK, DOM0_MEM, ROTATION, "filesystem-populated.1.own.sh"}


def test_a_restore_fills_no_file_system_so_nothing_is_set_in_it() -> None:
    made = composed(mode=Mode.RESTORE, wishes=Wishes("2048M"))
    assert set(made.files) == {HOOK}


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="'"), min_size=1, max_size=60))
def test_addresses_of_any_kind_stay_one_word(path: str) -> None:
    address = f"http://192.0.2.1/{path}"
    hook = composed(StageScript(FILLED, "own.sh", address=address)).files[HOOK].decode()
    line = next(one for one in hook.splitlines() if one.strip().startswith("run file"))
    assert shlex.split(line)[1:] == ["filesystem-populated.1.own.sh", address, "", "$@"]


@pytest.mark.parametrize("name", ["", "/", "../x", "a b", "x" * 64, ".x", "a'b", "-x"])
def test_names_that_could_mean_anything_else_are_refused(name: str) -> None:
    with pytest.raises(ComposeError, match="a name has letters"):
        composed(StageScript(FILLED, name, BODY))


@pytest.mark.parametrize("address", ["", "ssh://x/y", "http://x/'", "http://x/ y", "http://", "file:///x", "nfs://x:/y"])
def test_addresses_that_cannot_be_fetched_are_refused(address: str) -> None:
    with pytest.raises(ComposeError, match="no address that an installer"):
        composed(StageScript(FILLED, "own.sh", address=address))


@pytest.mark.parametrize(
    ("dialect", "stage"),
    [
        ("4.1", Stage.INSTALLATION_START), ("5.0", Stage.INSTALLATION_COMPLETE), ("5.5", Stage.INSTALLATION_COMPLETE),
        ("5.6", Stage.INSTALLATION_START), ("5.6", Stage.INSTALL_FAILED), ("8.2", Stage.PACKAGES_INSTALLED), ("xs9", Stage.INSTALL_FAILED),
    ],
)  # fmt: skip
def test_a_stage_that_never_comes_is_refused_with_those_that_do(dialect: str, stage: Stage) -> None:
    with pytest.raises(ComposeError, match=rf"{dialect} never come to {stage} \(fresh\); theirs are .*filesystem-populated"):
        composed(StageScript(stage, "own.sh", BODY), dialect=dialect)


@pytest.mark.parametrize("value", ["2G;reboot", "752", "max:8192M", "2048M,max:4096M", "$(x)", "-256M", "2048M max", "", "1,2,3,4"])
def test_dom0_mem_is_what_xen_reads_or_refused(value: str) -> None:
    good = value in ("max:8192M", "2048M,max:4096M", "-256M")
    if good:
        assert DOM0_MEM in composed(wishes=Wishes(value)).files
    elif value:
        with pytest.raises(ComposeError, match="is no dom0_mem"):
            composed(wishes=Wishes(value))
    else:
        assert DOM0_MEM not in composed(wishes=Wishes(value)).files


@pytest.mark.parametrize(("dialect", "value", "meant"), [
    ("4.1", "752M", "752M"), ("6.0", "1024M", "1024M"), ("6.2", "2048M", "2048M,max:2048M"), ("xs9", "4G", "4G,max:4G"),
    ("8.2", "max:8192M", "max:8192M"), ("8.2", "2048M,max:4096M", "2048M,max:4096M"),
])  # fmt: skip
def test_newer_hosts_get_a_single_amount_as_its_own_maximum(dialect: str, value: str, meant: str) -> None:
    script = composed(wishes=Wishes(value), dialect=dialect).files[DOM0_MEM].decode()
    assert shlex.split(next(line for line in script.splitlines() if line.startswith("value="))) == [f"value={meant}"]


def test_a_dialect_that_is_not_known_is_named() -> None:
    with pytest.raises(ComposeError, match=r"installers of 3\.2"):
        composed(dialect="3.2")
