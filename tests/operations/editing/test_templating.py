"""A site's templates through the verbs: kept, tried, changed, brought back and forgotten; what would break a host is said."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pxeserve.errors import PxeserveError
from pxeserve.operations.words.revisions import StaleError
from tests.operations.test_site import Site, furnished

GOOD = """<installation mode="{{ mode }}">
  <primary-disk>{{ answers.primary_disk.device }}</primary-disk>
  <timezone>Europe/London</timezone><keymap>us</keymap>
  <source type="{{ source.type }}">{{ source.address }}</source>
  <root-password type="{{ password.type }}">{{ password.text }}</root-password>
  <admin-interface name="eth0" proto="dhcp"/>
  <hostname>{{ host.name }}</hostname>
  {% for stage, address in hooks.items() %}<script stage="{{ stage }}" type="url">{{ address }}</script>{% endfor %}
</installation>
"""
BAD = GOOD.replace("<timezone>Europe/London</timezone>", "")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = furnished(tmp_path)
    yield made
    made.context.store.close()


def test_a_template_is_kept_shown_changed_and_forgotten(site: Site) -> None:
    kept = site.ask("template.add", name="racks/site.xml.j2", text=GOOD)
    assert (kept["name"], kept["bytes"], kept["used_by"], kept["notes"]) == ("racks/site.xml.j2", len(GOOD), [], [])
    assert (site.data / "templates" / "racks" / "site.xml.j2").read_text() == GOOD
    assert "there is already" in site.refused("template.add", name="racks/site.xml.j2", text=GOOD)
    changed = site.ask("template.set", name="racks/site.xml.j2", text=GOOD + "\n", revision=kept["sha256"])
    with pytest.raises(StaleError):
        site.ask("template.set", name="racks/site.xml.j2", text=GOOD, revision=kept["sha256"])
    shown = site.ask("template.show", name="racks/site.xml.j2")
    assert shown["text"] == GOOD + "\n" and [one["text"] for one in shown["earlier"]] == [GOOD + "\n", GOOD]
    assert shown["earlier"][0]["action"] == "template.set" and shown["sha256"] == changed["sha256"]
    assert [one["name"] for one in site.ask("template.list")] == ["racks/site.xml.j2"]
    assert site.ask("template.remove", name="racks/site.xml.j2") == {"removed": "racks/site.xml.j2"}
    assert site.ask("template.list") == [] and "there is no template" in site.refused("template.show", name="racks/site.xml.j2")


def test_what_lies_there_by_hand_is_seen_and_its_first_text_is_remembered(site: Site) -> None:
    (site.data / "templates" / "hand.j2").write_text("by hand")
    site.ask("template.set", name="hand.j2", text=GOOD)
    assert [one["text"] for one in site.ask("template.show", name="hand.j2")["earlier"]] == [GOOD, "by hand"]


def test_a_host_that_could_not_be_armed_with_it_is_named_and_who_uses_it_keeps_it(site: Site) -> None:
    site.ask("template.add", name="t.j2", text=GOOD)
    site.ask("profile.set", name="rack", set=["template=t.j2"])
    assert site.ask("template.set", name="t.j2", text=GOOD + "<!-- again -->\n")["notes"] == []
    [note] = site.ask("template.set", name="t.j2", text=BAD)["notes"]
    assert "with it: xen01: " in note and "template t.j2 line 1" in note
    assert "profile rack" in site.refused("template.remove", name="t.j2")
    assert site.ask("template.list")[0]["used_by"] == ["profile rack"]


def test_one_that_another_includes_stays(site: Site) -> None:
    site.ask("template.add", name="disks.j2", text="<primary-disk>sda</primary-disk>")
    site.ask("template.add", name="t.j2", text="<installation>{% include 'disks.j2' %}</installation>")
    assert "there is no template disks.j2" in site.refused("template.remove", name="disks.j2")
    assert (site.data / "templates" / "disks.j2").exists()


def test_it_is_tried_before_it_is_kept_and_shows_no_secret(site: Site) -> None:
    told = site.ask("template.preview", name="t.j2", text=GOOD, host="xen01")
    assert 'mode="fresh"' in told["text"] and "********" in told["text"] and "TOKEN" in told["text"]
    assert site.ask("template.list") == []
    assert "template t.j2 line 1" in site.refused("template.preview", name="t.j2", text=BAD, host="xen01")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("../keys/x", GOOD, "no template can be called so"),
        ("/etc/passwd", GOOD, "no template can be called so"),
        (".hidden", GOOD, "no template can be called so"),
        ("t.j2", "{% if %}", "line 1"),
        ("t.j2", "{% include 'nobody.j2' %}", "there is no template nobody.j2"),
        ("t.j2", "x" * 65537, "64 KiB at most"),
        ("t.j2", "\ud800", "half a character"),
    ],
)
def test_what_is_no_template_is_refused_and_nothing_is_written(site: Site, name: str, text: str, said: str) -> None:
    assert said in site.refused("template.add", name=name, text=text)
    assert list((site.data / "templates").iterdir()) == []


def test_no_link_leads_the_writing_elsewhere(site: Site, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("theirs")
    (site.data / "templates" / "away").symlink_to(elsewhere)
    (site.data / "templates" / "one.j2").symlink_to(elsewhere / "file")
    assert "Not a directory" in site.refused("template.add", name="away/t.j2", text=GOOD)
    site.ask("template.add", name="one.j2", text=GOOD)
    assert os.listdir(elsewhere) == ["file"] and (elsewhere / "file").read_text() == "theirs"


def test_what_cannot_be_written_is_not_remembered(site: Site) -> None:
    (site.data / "templates").rmdir()
    with pytest.raises(PxeserveError) as refused:
        site.ask("template.add", name="t.j2", text=GOOD)
    assert refused.value.code == "unwritable"
    (site.data / "templates").mkdir()
    assert site.ask("template.list") == [] and site.ask("template.add", name="t.j2", text=GOOD)["notes"] == []
