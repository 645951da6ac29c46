"""A site as a file declares it: told as a difference, applied whole or not at all, and exported as it would be declared."""

import fcntl
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from pxeserve.repo.sample import make_sample
from pxeserve.store import tables as t
from tests.operations.test_site import MAC, OTHER, Site, site

__all__ = ["site"]


def declare(site: Site, text: str, **more: Any) -> list[str]:
    return list(site.ask("apply", text=text, **more)["changes"])


def test_what_is_exported_changes_nothing_when_it_is_applied(site: Site) -> None:
    assert declare(site, site.ask("export")["site"]) == []


def test_the_difference_is_told_and_a_dry_run_changes_nothing(site: Site) -> None:
    text = site.ask("export")["site"].replace("sda", "sdb")
    found = yaml.safe_load(text)
    found["hosts"].append({"name": "xen02", "mac": OTHER, "profile": "rack", "address": "10.77.0.12"})
    text = yaml.safe_dump(found)
    lines = ["~ profile rack: answerfile.primary-disk: sda -> sdb", f"+ host xen02: mac {OTHER}, profile rack, address 10.77.0.12"]
    assert declare(site, text, dry_run=True) == lines
    assert [host["name"] for host in site.ask("host.list")] == ["xen01"]
    assert declare(site, text) == lines
    assert declare(site, text) == []


def test_pruning_removes_what_is_not_named_but_nothing_that_is_being_installed(site: Site) -> None:
    site.ask("host.add", name="xen02", mac=[OTHER], profile="rack")
    site.ask("host.install", name="xen01")
    text = "profiles:\n- {name: other, medium: sample}\n"
    assert declare(site, text) == ["+ profile other: medium sample"]
    changes = declare(site, text, prune=True)
    assert "- host xen02" in changes
    assert any(line.startswith("= host xen01: kept") for line in changes)
    assert any(line.startswith("= profile rack: kept") for line in changes)


def test_a_mac_may_go_over_to_a_new_name(site: Site) -> None:
    text = site.ask("export")["site"].replace("xen01", "xen07")
    assert declare(site, text, prune=True) == ["- host xen01", f"+ host xen07: mac {MAC}, profile rack"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hosts:\n- name: a\n  mac: [", "not YAML"),
        ("- a\n", "line 1: the file is not a table"),
        ("hsts: []\n", "line 1: unknown key hsts; did you mean hosts?"),
        ("hosts:\n- name: a\n  mac: x\n  profil: rack\n", "line 4: unknown key profil; did you mean profile?"),
        ("hosts:\n- name: a\n  mac: x\n", "line 2: an entry of hosts needs profile"),
        ("hosts:\n- name: a\n  mac: zz\n  profile: rack\n", "line 2: host a: 'zz' is not a MAC address"),
        (f"hosts:\n- {{name: a, mac: '{OTHER}', profile: rock}}\n", "line 2: host a: there is no profile rock"),
        (f"hosts:\n- {{name: a, mac: '{OTHER}', profile: rack}}\n- {{name: A, mac: '{MAC}', profile: rack}}\n", "was declared in line 2"),
        ("hosts:\n- name: a\n  name: b\n", "line 3: name stands twice"),
        ("profiles:\n- {name: p, answerfile: {primary-disc: sda}}\n", "line 2: profile p: primary-disc: unknown"),
        ("profiles:\n- {name: p, boot: {colour: red}}\n", "boot.colour: unknown"),
        ("profiles: !!python/object:os.system {}\n", "profiles is not a list"),
        ("profiles:\n- {name: !!binary aGVsbG8=}\n", "is not taken here"),
        ("pools:\n- {name: p}\n", "line 2: an entry of pools needs master"),
        ("media:\n- {name: m, source: /nowhere}\n", "/nowhere: there is no such file"),
    ],
)
def test_each_mistake_in_a_file_has_its_line_and_nothing_is_changed(site: Site, text: str, says: str) -> None:
    before = site.ask("export")
    assert says in site.refused("apply", text=text)
    assert site.ask("export") == before


def test_all_of_a_file_or_nothing(site: Site) -> None:
    text = f"profiles:\n- {{name: new, medium: sample}}\nhosts:\n- {{name: xen09, mac: '{MAC}', profile: new}}\n"
    assert "line 4: host xen09: 52:54:00:77:00:01 is xen01's" in site.refused("apply", text=text)
    assert [profile["name"] for profile in site.ask("profile.list")] == ["rack"]


def test_two_applies_at_once_are_one_too_many(site: Site) -> None:
    descriptor = os.open(site.data / "run" / "apply.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        assert "another apply is at work" in site.refused("apply", text="hosts: []\n")
    finally:
        os.close(descriptor)


def test_a_medium_that_is_declared_is_imported(site: Site, tmp_path: Path) -> None:
    make_sample(tmp_path / "second")
    (tmp_path / "second" / "more").write_text("another medium")
    text = f"media:\n- {{name: second, source: {tmp_path}/second}}\nprofiles:\n- {{name: two, medium: second}}\n"
    assert declare(site, text, dry_run=True)[0] == f"+ medium second: {tmp_path}/second"
    assert [medium["name"] for medium in site.ask("media.list")] == ["sample"]
    declare(site, text)
    assert [medium["name"] for medium in site.ask("media.list")] == ["sample", "second"]


def test_where_a_declared_medium_lies_and_its_discs_go_round(site: Site, tmp_path: Path) -> None:
    whole, base, linux = tmp_path / "whole", tmp_path / "base", tmp_path / "linux"
    make_sample(whole)
    (whole / "more").write_text("another medium")
    shutil.copytree(whole, base, ignore=shutil.ignore_patterns("packages.linux"))
    shutil.copytree(whole / "packages.linux", linux / "packages.linux")
    text = f"media:\n- {{name: discs, source: [{base}, {linux}]}}\n- {{name: here, source: {whole}, lies: in-place}}\n"
    assert declare(site, text, dry_run=True)[:2] == [f"+ medium discs: {base} + {linux}", f"+ medium here: {whole} (in-place)"]
    declare(site, text)
    discs, here = site.ask("media.show", name="discs"), site.ask("media.show", name="here")
    assert discs["revision"] == here["revision"]
    assert (discs["lies"], discs["place"], here["lies"], here["place"]) == ("copied", "", "in-place", str(whole))
    exported = yaml.safe_load(site.ask("export")["site"])["media"]
    assert {"name": "discs", "source": [str(base), str(linux)]} in exported
    assert {"name": "here", "source": str(whole), "lies": "in-place"} in exported
    assert site.ask("media.remove", name="here") == {"removed": "here"}
    assert (whole / "boot" / "xen.gz").is_file()


def test_a_key_in_the_address_of_a_medium_is_neither_told_nor_exported(site: Site) -> None:
    """One that came in before keys were hidden, too."""
    text = "media:\n- {name: far, source: 'http://h/x.iso?key=zq0123456789'}\n"
    assert declare(site, text, dry_run=True)[0] == "+ medium far: http://h/x.iso?key=********"
    with site.context.store.site.write() as connection:
        connection.execute(t.medium.update().values(origin="http://h/a.iso?zq0123456789\nhttp://h/b.iso?key=zq0123456789"))
    shown = site.ask("media.show", name="sample")
    assert shown["origin"] == "http://h/a.iso?******** + http://h/b.iso?key=********"
    exported = site.ask("export")["site"]
    assert "zq0123456789" not in exported
    assert yaml.safe_load(exported)["media"][0]["source"] == ["http://h/a.iso?********", "http://h/b.iso?key=********"]
    declare(site, exported)
    site.ask("profile.set", name="rack", medium="")
    site.ask("media.remove", name="sample")
    assert "a part of this address is hidden" in site.refused("apply", text=exported)


@pytest.mark.parametrize(
    ("medium", "says"),
    [
        ("{name: m, source: /x, lies: upside-down}", "lies is 'upside-down', and none of copied, in-place, image"),
        ("{name: m, source: []}", "source is neither a text nor a list of texts"),
        ("{name: m, source: [/x, {a: b}]}", "source is neither a text nor a list of texts"),
    ],
)
def test_a_medium_that_is_declared_wrongly_is_refused_with_its_line(site: Site, medium: str, says: str) -> None:
    assert f"line 2: {says}" in site.refused("apply", text=f"media:\n- {medium}\n")
