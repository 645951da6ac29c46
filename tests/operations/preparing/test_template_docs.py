"""The template that the manual shows is taken as it stands there, in each mode that it is for, and every variable is in its table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pxeserve.operations.preparing import answering
from tests.media_samples import make
from tests.operations.test_site import furnished

MANUAL = (Path(__file__).parents[3] / "docs" / "answerfile.md").read_text(encoding="utf-8")


def shown() -> str:
    [text] = re.findall(r"<!-- template: .*? -->\n```jinja\n(.*?)```\n", MANUAL, re.DOTALL)
    return str(text)


@pytest.mark.parametrize("mode", ["fresh", "reinstall", "upgrade"])
def test_the_template_of_the_manual_is_taken(tmp_path: Path, mode: str) -> None:
    site = furnished(tmp_path)
    site.ask("media.import", source=make("xcp-8.3", tmp_path / "xcp"), name="xcp")
    (site.data / "templates" / "site.xml.j2").write_text(shown())
    words = ["template=site.xml.j2", "existing-installation=sda", "root-password.hash=$6$rounds=656000$abcdefgh$" + "a" * 86]
    site.ask("profile.set", name="rack", medium="xcp", set=words)
    answer = site.ask("answerfile.render", name="xen01", mode=mode)
    assert not [one for one in answer["warnings"] if "template" in one]
    assert ("<existing-installation>" in answer["answerfile"]) is (mode == "upgrade")
    assert answer["answerfile"].count("<script stage=") == 3


def test_the_manual_names_every_variable_and_every_element() -> None:
    section = MANUAL[MANUAL.index("### Templates") :]
    source = Path(answering.__file__).read_text(encoding="utf-8")
    variables = re.findall(r'^        "(\w+)": ', source[source.index("def _variables(") :], re.MULTILINE)
    assert variables == ["answers", "mode", "host", "medium", "source", "hooks", "password"]
    assert all(f"| `{name}` |" in section for name in variables)
    from pxeserve.answerfile.declared import KEYS

    table = MANUAL[MANUAL.index("### Elements") : MANUAL.index("### Who wins")]
    assert [key for key in KEYS if f"`{key}`" not in table] == []
