"""What a newcomer is told to type is typed here, in that order, against a service on loopback; and every configuration that the pages of
networks show is one that can be read."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pxeserve.config import load
from pxeserve.repo.sample import make_sample
from tests.supervisor.conftest import Service, make_service  # noqa: F401

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGES = [DOCS / f"{name}.md" for name in ("flat-lab", "corporate-dhcp", "relays", "vlans", "several-sites", "topologies")]


@pytest.fixture
def service(make_service: Callable[..., Service]) -> Iterator[Service]:  # noqa: F811
    service = make_service()
    service.start()
    yield service
    service.stop()


@pytest.mark.skipif(not Path("/usr/lib/PXELINUX/pxelinux.0").exists(), reason="pxelinux is not installed")
def test_the_commands_of_the_first_five_minutes_lead_to_an_armed_host(service: Service, tmp_path: Path) -> None:
    make_sample(service.folder / "sample")
    page = (DOCS / "five-minutes.md").read_text(encoding="utf-8")
    block = re.findall(r"<!-- tests/packaging/test_five_minutes\.py .*?-->\n```console\n(.*?)```", page, re.DOTALL)
    commands = [line.removeprefix("# pxeserve ") for line in block[0].splitlines()]
    assert len(commands) == 8
    told = ""
    for command in commands:
        words = shlex.split(command.replace("/srv/iso/xcp-ng-8.3.0.iso", str(service.folder / "sample")))
        if words[:2] == ["host", "install"]:
            words.append("--yes")  # there is no terminal to be asked at
        environment = {**os.environ, "PXESERVE_CONFIG": str(service.config)}
        done = subprocess.run([service.pxeserve, *words], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        told += done.stdout
    assert "rehearsal ok: xen01 would be installed to the end" in told
    assert "xen01 is armed: its next network boot installs xcp83" in told


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_configuration_of_a_page_of_networks_can_be_read(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        said = tmp_path / "pxeserve.toml"
        said.write_text(block)
        assert load(said, {}) != load(None, {}) or block == '[dhcp]\nmode = "proxy"\n', block
    assert "```toml" in text or page.stem in ("topologies", "several-sites")
