"""The rules that docs/alerts.yml offers are what Prometheus takes, and ask for metrics that there are."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

DOCS = Path(__file__).parents[3] / "docs"
RULES = DOCS / "alerts.yml"


def test_promtool_finds_nothing_to_say_against_the_rules(promtool: Path) -> None:
    checked = subprocess.run([promtool, "check", "rules", RULES], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert f"{len(rules())} rules found" in checked.stdout


def test_each_asks_for_a_metric_that_is_told_of() -> None:
    told = set(re.findall(r"`(pxeserve_\w+)", (DOCS / "outlets.md").read_text()))
    for rule in rules():
        named = set(re.findall(r"pxeserve_\w+", rule["expr"]))
        assert named <= told, rule["alert"]
        assert named or rule["expr"].startswith("up{")


def test_each_says_what_to_do_and_stands_in_the_page() -> None:
    page = (DOCS / "operations.md").read_text()
    assert {rule["alert"] for rule in rules()} == set(re.findall(r"^\| `(Pxeserve\w+)`", page, re.MULTILINE))
    assert all(rule["annotations"].keys() == {"summary", "fix"} for rule in rules())


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    return list(group["rules"])
