"""Drafts by their verbs: the form of a generation, and a file and its values each made of the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pxeserve.answerfile.dialects import DIALECTS
from tests.operations.test_site import Site

TEXT = """<installation>
  <primary-disk>sda</primary-disk>
  <source type="url">http://192.0.2.1/x</source>
  <keyboard>uk</keyboard>
  <admin-interface name="eth0" proto="dhcp"/>
  <timezone>Europe/London </timezone>
  <root-password type="hash">$6$abc$def</root-password>
</installation>
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    found = Site(tmp_path)
    yield found
    found.context.store.close()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_generation_has_a_form_in_which_each_field_says_what_becomes_of_it(site: Site, dialect: str) -> None:
    told = site.ask("draft.form", dialect=dialect)
    fields = {one["path"]: one for group in told["groups"] for one in group["fields"]}
    assert all(one["help"] and one["label"] for one in fields.values())
    assert all(one["known"] or "do not read it" in one["why"] for one in fields.values())
    assert fields["primary-disk.device"]["required"]
    assert told["example"].startswith("<?xml") and told["elements"][0]["top"]


def test_a_choice_offers_what_can_be_declared_and_the_generation_knows(site: Site) -> None:
    def words(dialect: str, path: str) -> Any:
        fields = {one["path"]: one for group in site.ask("draft.form", dialect=dialect)["groups"] for one in group["fields"]}
        return fields[path]["words"]

    assert words("8.2", "sr-type") == ["lvm", "ext"]
    assert words("xcp-8.3", "sr-type") == ["lvm", "ext", "largeblock"]
    assert words("4.1", "scripts") == ["filesystem-populated"]
    assert words("6.0", "admin-interface.proto") == ["static", "dhcp"]


def test_a_file_is_read_with_its_findings_and_where_they_are(site: Site) -> None:
    told = site.ask("draft.read", text=TEXT, dialect="8.2")
    assert told["verdict"] == "surprising"
    found = next(one for one in told["findings"] if one["code"] == "XA-020")
    assert (found["line"], found["column"], found["fixable"]) == (4, 3, True)
    assert told["draft"]["answers"]["timezone"] == "Europe/London"
    assert told["draft"]["source"] == {"type": "url", "address": "http://192.0.2.1/x"}
    assert "keymap" not in told["draft"]["answers"]


def test_one_finding_is_put_right_and_nothing_else(site: Site) -> None:
    told = site.ask("draft.fix", text=TEXT, dialect="8.2", code="XA-020", line=4, column=3)
    assert told["text"] == TEXT.replace("keyboard", "keymap")
    assert site.ask("draft.read", text=told["text"], dialect="8.2")["draft"]["answers"]["keymap"] == "uk"
    assert "there is no XA-020" in site.refused("draft.fix", text=told["text"], dialect="8.2", code="XA-020", line=4, column=3)


def test_a_finding_of_which_a_person_has_to_decide_is_left(site: Site) -> None:
    password = next(one for one in site.ask("draft.read", text=TEXT, dialect="8.2")["findings"] if not one["fixable"])
    said = site.refused("draft.fix", text=TEXT, dialect="8.2", **{key: password[key] for key in ("code", "line", "column")})
    assert "a person has to decide" in said


def test_a_file_is_written_from_values_with_what_is_lost_and_missing(site: Site) -> None:
    draft = {"answers": {"primary-disk": "sda", "services": {"sshd": "disabled"}}}
    told = site.ask("draft.write", draft=draft, dialect="7.1", before="<installation><!-- mine --></installation>")
    assert "<primary-disk>sda</primary-disk>" in told["text"]
    assert [one["field"] for one in told["lost"]] == ["services"]
    assert [one["field"] for one in told["missing"]] == ["source", "admin-interface"]
    assert told["drops"] == ["1 comment"]
    wrong = site.ask("draft.write", draft={"answers": {"admin-interface": {"vlan": "9999"}}}, dialect="8.2")
    assert wrong["text"] is None and wrong["problems"][0]["field"] == "admin-interface.vlan"


def test_another_generation_is_told_with_every_difference(site: Site) -> None:
    told = site.ask("draft.convert", text=TEXT.replace("keyboard", "keymap"), source="8.2", target="xcp-8.3")
    assert told["text"] is not None and {one["kind"] for one in told["changes"]} >= {"default changed"}
    by_values = site.ask(
        "draft.convert", source="xcp-8.3", target="7.1",
        draft={"answers": {"primary-disk": "sda", "admin-interface": {"name": "eth0", "proto": "dhcp", "vlan": "7"}}},
    )  # fmt: skip
    assert by_values["text"] is None
    assert any("VLAN" in one for one in by_values["faults"])
    assert "refuse it" in site.refused("draft.convert", text="<installation/>", source="8.2", target="xs9")


@pytest.mark.parametrize("text", ["", "<", "<installation>" * 200, "\ud800", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "x" * 300_000])
def test_no_text_breaks_a_reading(site: Site, text: str) -> None:
    told = site.ask("draft.read", text=text, dialect="xs9")
    assert (told["verdict"], told["draft"]) == ("refused", None)


@pytest.mark.parametrize(
    "answers",
    [
        {"primary-disk": [[]]}, {"admin-interface": 7}, {"services": ["x"]}, {"scripts": {"never": 1}}, {"root-password": {"hash": None}},
        {"x": {}},
    ],
)
def test_no_values_break_a_writing(site: Site, answers: dict[str, Any]) -> None:
    told = site.ask("draft.write", draft={"answers": answers}, dialect="xcp-8.3")
    assert told["text"] is None and told["problems"]
    assert site.ask("draft.read", text="<installation/>", dialect="xcp-8.3", before={"answers": answers})["draft"] is not None
