"""The lock files: exact versions with checksums, and not one address, so that any mirror serves."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
_PIN = re.compile(r"([a-z0-9][a-z0-9._-]*)==([0-9][\w.!+]*)((?: --hash=sha256:[0-9a-f]{64})+)(?: ;.*)?")


def pins(lock: str) -> dict[str, str]:
    """Name to version; fails on any line that is not an exact version with checksums."""
    text = (CHECKOUT / lock).read_text().replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        line = re.sub(r"\s+", " ", line.split("#")[0]).strip()
        if not line:
            continue
        marker = re.sub(r" ;.*?(?= --hash)", "", line)
        match = _PIN.fullmatch(marker)
        assert match, f"{lock}: {line!r} is not an exact version with SHA-256 checksums"
        found[match[1]] = match[2]
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_versions_and_checksums_and_no_address(lock: str) -> None:
    assert len(pins(lock)) > 20
    text = (CHECKOUT / lock).read_text()
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


@pytest.mark.parametrize("lock", LOCKS)
def test_all_that_the_project_imports_is_locked(lock: str) -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    names = {re.split(r"[^A-Za-z0-9._-]", one)[0].lower() for one in wanted}
    assert names <= set(pins(lock))


def test_tests_run_with_the_versions_that_are_shipped() -> None:
    shipped, tested = pins(LOCKS[0]), pins(LOCKS[1])
    assert {name: version for name, version in shipped.items() if tested.get(name) != version} == {}
