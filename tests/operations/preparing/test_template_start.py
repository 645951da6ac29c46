"""The template that each generation has to start from writes what the model writes, in each mode, and leaves nothing of pxeserve's out."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from pxeserve import resources
from pxeserve.answerfile.answers import Answers, Disk, Installed, Interface, Mode, RootPassword, Script, Source
from pxeserve.answerfile.catalogue.template import template
from pxeserve.answerfile.declared import Declared
from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.finding import Severity
from pxeserve.answerfile.inheritance import Merged
from pxeserve.answerfile.scripts.generations import GENERATIONS, stages
from pxeserve.domain.host import Host
from pxeserve.domain.medium import Medium
from pxeserve.operations.preparing.answering import Answered, Answering, Asked

EVERY = Answers(
    primary_disk=Disk("sda", guest_storage=False), guest_disks=("sdb", "sdc"), existing_installation=Installed("sda"), backup_disk="sda",
    admin_interface=Interface(hwaddr="00:16:3e:00:00:01", proto="static", ip="192.0.2.11", mask="255.255.255.0", gateway="192.0.2.1"),
    nameservers=("192.0.2.1", "192.0.2.2"), ntp_servers=("192.0.2.3",),
    sr_type="ext", hostname="xen01", timezone="Europe/London", keymap="uk",
)  # fmt: skip
LEAST = Answers(
    primary_disk=Disk("sda"), existing_installation=Installed("sda"), timezone="Europe/London",
    admin_interface=Interface("eth0", proto="dhcp"),
)  # fmt: skip


def written(answering: Answering, name: str, mode: Mode, answers: Answers, file: str | None) -> Answered:
    """The answerfile of one installation, by the template `file`, or None: from the model."""
    generation = GENERATIONS[name]
    password = RootPassword("pass<word>&more") if generation.plain_passwords else RootPassword("$6$salt$" + "a" * 86, hashed=True)
    hooks = tuple(Script(stage, f"http://192.0.2.9/s/TOKEN/{stage}?a&b") for stage in stages(generation, mode))
    asked = Asked(
        Host(1, "xen01", ("00:16:3e:00:00:01",), "rack"), Medium("disc", "disc@1", "", "", "", "", name, "", None), mode,
        Declared(answers, template=file), Merged(), None if mode in (Mode.UPGRADE, Mode.RESTORE) else password, hooks,
        (Source("url", "http://192.0.2.9/media/disc?a&b"),),
    )  # fmt: skip
    return answering.answered(asked)


@pytest.mark.parametrize("name", list(DIALECTS))
def test_a_template_to_start_from_says_what_the_model_says(tmp_path: Path, name: str) -> None:
    (tmp_path / "own.xml.j2").write_bytes(template(DIALECTS[name]))
    modes = [mode for mode in DIALECTS[name].modes if mode not in (Mode.OEM_HDD, Mode.OEM_FLASH)]
    with Answering(tmp_path) as answering:
        for mode, answers in product(modes, (EVERY, LEAST)):
            found = written(answering, name, mode, answers, "own.xml.j2")
            assert found.answers == written(answering, name, mode, answers, None).answers, mode
            assert found.left_out == (), mode
            assert [one for one in found.findings if one.severity is Severity.WARNING] == [], mode


@pytest.mark.parametrize("name", list(DIALECTS))
def test_the_templates_in_the_checkout_are_what_is_drawn_today(name: str) -> None:
    file = resources.folder("answerfiles") / name / "template.xml.j2"
    assert file.read_bytes() == template(DIALECTS[name]), f"pxeserve answerfile template --dialect {name}"
