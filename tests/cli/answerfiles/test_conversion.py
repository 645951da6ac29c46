"""`answerfile convert` and `answerfile import` as people and programs use them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_front import config, run

__all__ = ["config"]
FILES = Path(__file__).parents[2] / "answerfile" / "converting" / "files"
HASH = "$6$rounds=656000$0123456789abcdef$" + "x" * 86


def test_the_file_comes_out_alone_and_the_differences_beside_it() -> None:
    done = run("answerfile", "convert", FILES / "4.1.xml", "--from", "4.1", "--to", "xcp-8.3")
    assert done.returncode == 0
    assert done.stdout.startswith('<?xml version="1.0"?>\n<installation srtype="lvm">\n')
    assert done.stdout.endswith("</installation>\n")
    assert "default changed: sr-type: lvm; left out, it would be ext; so it is said\n" in done.stderr
    assert "\x1b" not in done.stderr + done.stdout


def test_the_file_may_go_elsewhere(tmp_path: Path) -> None:
    file = tmp_path / "new.xml"
    done = run("answerfile", "convert", FILES / "4.1.xml", "--from", "4.1", "--to", "8.2", "--output", file)
    assert (done.returncode, done.stdout) == (0, "")
    assert run("answerfile", "lint", file, "--dialect", "8.2").returncode == 0
    again = run("answerfile", "convert", file, "--from", "8.2", "--to", "8.2")
    assert (again.stdout, again.stderr) == (file.read_text(), "nothing changes its meaning\n")


def test_programs_get_it_all_as_one_line() -> None:
    done = run("answerfile", "convert", FILES / "7.1.xml", "--from", "7.1", "--to", "xcp-8.3", "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, done.stderr, said["from"], said["to"], said["faults"]) == (0, "", "7.1", "xcp-8.3", [])
    assert said["answerfile"].startswith("<?xml")
    assert {"kind", "field", "old", "new", "why"} == set(said["changes"][0])
    assert {one["kind"] for one in said["changes"]} == {"dropped", "renamed", "default changed"}


def test_what_cannot_be_converted_ends_with_1_and_says_what_to_add(tmp_path: Path) -> None:
    file = tmp_path / "new.xml"
    done = run("answerfile", "convert", FILES / "7.1.xml", "--from", "7.1", "--to", "4.1", "--output", file)
    assert done.returncode == 1
    assert "cannot be converted: root-password: installers of 4.1 read no hash" in done.stderr
    assert not file.exists()
    said = json.loads(run("answerfile", "convert", FILES / "7.1.xml", "--from", "7.1", "--to", "4.1", "--json").stdout)
    assert (said["answerfile"], len(said["faults"])) == (None, 1)


def test_what_its_own_installer_refuses_ends_with_1_and_the_linters_finding(tmp_path: Path) -> None:
    file = tmp_path / "bad.xml"
    file.write_text("<installation/>")
    done = run("answerfile", "convert", file, "--from", "8.2", "--to", "xs8")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{file}: line 1:1: XA-" in done.stderr
    assert "Missing mandatory element primary-disk" in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nowhere.xml", "--from", "4.1", "--to", "8.2"), "nowhere.xml: No such file"),
        ((FILES / "4.1.xml", "--from", "4.2", "--to", "8.2"), "dialect 4.2 is not known"),
        ((FILES / "4.1.xml", "--from", "4.1", "--to", "9"), "dialect 9 is not known"),
    ],
)
def test_wrong_use_ends_with_2(words: tuple[str | Path, ...], says: str) -> None:
    done = run("answerfile", "convert", *words)
    assert done.returncode == 2
    assert says in done.stderr


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    done = run("answerfile", "convert", FILES / "4.1.xml", "--from", "4.1", "--to", "8.2", "--output", tmp_path / "no" / "new.xml")
    assert (done.returncode, "No such file or directory" in done.stderr) == (1, True)


def test_a_profile_takes_a_file_over(config: Path) -> None:
    run("profile", "add", "rack", config=config)
    words = ("answerfile", "import", FILES / "7.1.xml", "--profile", "rack", "--dialect", "7.1")
    told = run(*words, "--dry-run", config=config)
    assert told.returncode == 0
    assert "would set guest-disks: [sdb]\n" in told.stdout
    assert "one host's own hostname: xen01; --host NAME takes it\n" in told.stdout
    assert "not taken source: 192.0.2.1/xs71: packages come from the profile's own medium\n" in told.stdout
    assert json.loads(run("profile", "show", "rack", "--json", config=config).stdout)["answerfile"] == {}
    done = run(*words, "--json", config=config)
    assert json.loads(done.stdout)["set"]["guest-disks"] == ["sdb"]
    shown = json.loads(run("profile", "show", "rack", "--json", config=config).stdout)["answerfile"]
    assert shown["admin-interface"] == {"name": "eth0", "proto": "static", "subnet": "255.255.255.0", "gateway": "192.0.2.1"}
    assert shown["scripts"] == {"installation-start": ["http://192.0.2.1/start.sh"]}
    assert "not taken scripts: installation-complete: nfs://192.0.2.1:/scripts/end.sh: it would be refused" in told.stdout


def test_a_plain_password_is_hashed_before_it_leaves_the_command(config: Path, tmp_path: Path) -> None:
    run("profile", "add", "rack", config=config)
    run("host", "add", "--mac", "52:54:00:77:00:01", "--name", "xen01", "--profile", "rack", config=config)
    done = run("answerfile", "import", FILES / "4.1.xml", "--host", "xen01", "--dialect", "4.1", config=config)
    assert (done.returncode, "set root-password: {hash: ********}\n" in done.stdout) == (0, True)
    assert "set hostname: xen01\n" in done.stdout
    kept = b"".join(path.read_bytes() for path in (config.parent / "data").rglob("*") if path.is_file())
    assert b"$6$rounds=" in kept
    assert b"s3cretword" not in kept + (done.stdout + done.stderr).encode()


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        ((FILES / "4.1.xml",), 2, "either --profile NAME or --host NAME is needed"),
        ((FILES / "4.1.xml", "--profile", "rack", "--host", "xen01"), 2, "either --profile NAME or --host NAME is needed"),
        (("nowhere.xml", "--profile", "rack"), 2, "nowhere.xml: No such file"),
        ((FILES / "4.1.xml", "--profile", "none"), 1, "there is no profile none"),
        ((FILES / "4.1.xml", "--profile", "rack"), 1, "profile rack has no medium whose installer is known\n  say --dialect DIALECT"),
        ((FILES / "5.5.xml", "--profile", "rack", "--dialect", "xs8"), 1, "5.5.xml: line 1:1: XA-"),
        ((FILES / "4.1.xml", "--profile", "rack", "--dialect", "4.2"), 1, "dialect 4.2 is not known"),
    ],
)
def test_what_cannot_be_imported_is_said(config: Path, words: tuple[str | Path, ...], status: int, says: str) -> None:
    run("profile", "add", "rack", config=config)
    done = run("answerfile", "import", *words, config=config)
    assert (done.returncode, done.stdout) == (status, "")
    assert says in done.stderr
