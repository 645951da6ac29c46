"""What is vendored is what its lock says: sums that hold, no address anywhere, and a build that gives the same bytes again."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

WEB = Path(__file__).parent.parent.parent / "web"
BUILD, VENDOR = WEB / "build", WEB / "vendor"
SOURCES = ("package.json", "package-lock.json", ".npmrc", "build.mjs", "editor.js", "sha512.js")


def sums(folder: Path) -> dict[str, str]:
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}
    del found["SHA256SUMS.json"]
    return found


def test_every_vendored_file_has_its_sum_and_every_sum_its_file() -> None:
    assert json.loads((VENDOR / "SHA256SUMS.json").read_text()) == sums(VENDOR)


def test_the_lock_pins_each_package_by_its_hash_and_names_no_address() -> None:
    text = (BUILD / "package-lock.json").read_text()
    assert "://" not in text
    packages = {name: one for name, one in json.loads(text)["packages"].items() if name}
    assert len(packages) > 20
    assert all(one["integrity"].startswith("sha512-") for one in packages.values())


def test_neither_htmx_4_nor_a_codemirror_5_in_disguise_is_locked() -> None:
    packages = json.loads((BUILD / "package-lock.json").read_text())["packages"]
    assert packages["node_modules/htmx.org"]["version"].startswith("2.")
    assert packages["node_modules/codemirror"]["version"] == "6.0.2"


def test_nothing_vendored_asks_another_server_for_code() -> None:
    for path in VENDOR.glob("*.js"):
        text = path.read_text()
        assert "sourceMappingURL" not in text
        assert "import(" not in text, f"{path.name} loads something later"


@pytest.mark.long
@pytest.mark.skipif(shutil.which("npm") is None, reason="only where npm is there; the sums are checked everywhere")
def test_a_clean_build_gives_the_very_same_bytes(tmp_path: Path) -> None:
    for name in SOURCES:
        shutil.copy(BUILD / name, tmp_path / name)
    for command in (["npm", "ci", "--no-progress"], ["node", "build.mjs", str(tmp_path / "vendor")]):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
    assert sums(tmp_path / "vendor") == sums(VENDOR)
