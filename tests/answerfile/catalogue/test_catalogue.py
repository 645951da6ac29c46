"""Tables, schemas and examples say what the data says, and the copies in the checkout are the ones drawn today."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from pxeserve import resources
from pxeserve.answerfile.catalogue.example import example
from pxeserve.answerfile.catalogue.schema import schema
from pxeserve.answerfile.catalogue.table import modes, refusals, values, whole
from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.finding import verdict
from pxeserve.answerfile.lint import lint

ALL = list(DIALECTS.values())
NAMES = list(DIALECTS)
DOCS = Path(__file__).parents[3] / "docs" / "answerfile.md"
SOURCE = '<source type="url">http://192.0.2.1/m</source>'


def takes(dialect: str, text: str) -> bool:
    """Whether the schema of `dialect` takes this file."""
    return bool(etree.RelaxNG(etree.fromstring(schema(DIALECTS[dialect]))).validate(etree.fromstring(text)))


def minimal(*more: str, mode: str = "", source: str = SOURCE) -> str:
    """What every generation takes, and `more`."""
    return (
        f'<installation{mode}><primary-disk>sda</primary-disk><root-password>s3cretword</root-password>{source}'
        f'<admin-interface name="eth0" proto="dhcp"/><timezone>Europe/London</timezone>{"".join(more)}</installation>'
    )  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_example_is_accepted_by_its_own_generation_and_by_its_schema(name: str) -> None:
    text = example(DIALECTS[name])
    assert verdict(lint(text, DIALECTS[name])) == "accepted"
    assert takes(name, text.decode())


@pytest.mark.parametrize("name", NAMES)
def test_everything_in_an_example_may_be_uncommented_by_itself(name: str) -> None:
    """Each block in a comment is an element that this generation reads, and its schema takes, in one of its modes."""
    dialect = DIALECTS[name]
    for comment in etree.fromstring(example(dialect)).iter(etree.Comment):
        element = comment.text[comment.text.index("\n  <") :] if "\n  <" in comment.text else ""
        if element and dialect.reading(etree.fromstring(element.strip()).tag) == ():
            said = etree.fromstring(element.strip()).tag
            assert dialect.element_named(said), said


@pytest.mark.parametrize("name", NAMES)
def test_the_smallest_file_is_taken_and_what_would_be_ignored_is_not(name: str) -> None:
    assert takes(name, minimal())
    for wrong in (
        minimal("<time-zone>Europe/London</time-zone>"),
        minimal("<keymap>us</keymap><keymap>de</keymap>"),
        minimal(source='<source type="ftp">ftp://192.0.2.1/m</source>'),
        minimal(source=SOURCE.replace("type", "kind")),
        minimal(source=""),
        minimal(mode=' mode="fersh"'),
        minimal().replace('proto="dhcp"', 'proto="dhcp" netmask="255.255.255.0"'),
        minimal().replace("installation>", "install>"),
    ):
        assert not takes(name, wrong), wrong


def test_what_a_later_generation_reads_is_not_taken_by_an_earlier_one() -> None:
    script = '<script stage="filesystem-populated" type="url">http://192.0.2.1/s</script>'
    assert [name for name in NAMES if takes(name, minimal(script))] == NAMES[NAMES.index("5.6") :]
    fcoe = '<fcoe-interface name="eth1"/>'
    assert [name for name in NAMES if takes(name, minimal(fcoe))] == ["7.0", "7.1", "8.2", "xcp-8.2", "xs8", "xcp-8.3"]
    raid = '<raid device="md127"><disk>sda</disk><disk>sdb</disk></raid>'
    assert [name for name in NAMES if takes(name, minimal(raid))] == ["xcp-8.2", "xcp-8.3"]
    assert [name for name in NAMES if takes(name, minimal(SOURCE))] == NAMES[NAMES.index("7.1") :]


def test_a_mode_wants_what_its_installer_wants() -> None:
    upgrade = f'<installation mode="upgrade"><existing-installation>sda</existing-installation>{SOURCE}</installation>'
    assert all(takes(name, upgrade) for name in NAMES)
    assert not any(takes(name, upgrade.replace("existing-installation", "primary-disk")) for name in NAMES)
    old = minimal("<existing-installation>sda</existing-installation>", mode=' mode="reinstall"')
    assert [name for name in NAMES if takes(name, old.replace("<primary-disk>sda</primary-disk>", ""))] == ["4.1", "5.0", "5.5", "5.6"]
    assert [name for name in NAMES if takes(name, minimal(mode=' mode="reinstall"'))] == NAMES[NAMES.index("6.0") :]


def _rows(table: str) -> dict[str, list[str]]:
    lines = [[cell.strip() for cell in line.strip("| \n").split(" | ")] for line in table.splitlines()]
    return {line[0]: line[1:] for line in lines[2:]}


def test_the_table_of_modes_says_what_the_reference_of_old_installers_says() -> None:
    rows = _rows(modes(ALL))
    at = {name: NAMES.index(name) for name in NAMES}
    assert rows["`primary-disk`"][at["4.1"]] == "**F**"
    assert rows["`primary-disk`"][at["5.6"]] == "**F** U"
    assert rows["`primary-disk`"][at["8.2"]] == "**F** **R** U"
    assert rows["`primary-disk`"][at["xs9"]] == "**F** **R**"
    assert rows["`root-password`"][at["5.5"]] == "**F** **R**"
    assert rows["`root-password`"][at["5.6"]] == "F R"
    assert rows["`fcoe-interface`"][at["xs9"]] == "·"
    assert set(rows["`raid`"]) == {"·", "F R"}


def test_the_other_tables_tell_generations_apart() -> None:
    assert "| `source` | `type` | `url`, `nfs`, `local` | refused | refused |  | all |" in values(ALL)
    said = refusals(ALL)
    assert "`Missing mandatory element primary-disk`" in said
    assert "`list index out of range`" in said
    assert all(len(line.split(" | ")) == 4 for line in said.splitlines())


@pytest.mark.parametrize("name", NAMES)
def test_the_files_in_the_checkout_are_what_is_drawn_today(name: str) -> None:
    folder = resources.folder("answerfiles") / name
    assert (folder / "example.xml").read_bytes() == example(DIALECTS[name]), f"pxeserve answerfile example --dialect {name}"
    assert (folder / "schema.rng").read_bytes() == schema(DIALECTS[name]), f"pxeserve answerfile schema --dialect {name}"


def test_the_tables_in_the_documentation_are_what_is_drawn_today() -> None:
    assert whole(ALL) in DOCS.read_text(encoding="utf-8"), "pxeserve answerfile elements"
