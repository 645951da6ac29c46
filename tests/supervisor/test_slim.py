"""What a process loads stays in its memory for as long as the service runs: nobody loads what only others need."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOAD = "from pxeserve.config import Config; from pxeserve.supervisor import child; child._import_all({0!r}, Config())"


def loaded(statement: str) -> set[str]:
    """The modules that a fresh process has loaded after `statement`."""
    tell = "import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", f"{statement}\n{tell}"], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_parent_knows_what_all_children_share_and_nothing_that_answers_a_request() -> None:
    found = loaded("import pxeserve.cli.server.serve; from pxeserve.supervisor import parent; parent._load_what_all_need()")
    assert "sqlalchemy" in found
    assert not found & {"rich", "flask", "jinja2", "lxml"}
    assert not [name for name in found if name.startswith(("pxeserve.dhcp", "pxeserve.tftp", "pxeserve.provision", "pxeserve.installs"))]


@pytest.mark.parametrize("module", ["pxeserve.events.server", "pxeserve.dhcp.server", "pxeserve.tftp.server"])
def test_who_serves_no_web_loads_none(module: str) -> None:
    """The worker arms hosts that are recovered, and so writes answerfiles by a site's own templates."""
    found = loaded(LOAD.format(module))
    assert "sqlalchemy" in found
    writes = {"jinja2"} if module == "pxeserve.events.server" else set()
    assert not found & ({"werkzeug", "flask", "jinja2", "rich", "pygments"} - writes)


def test_who_serves_the_web_has_loaded_what_it_comes_to_need() -> None:
    """Later it may not be able to read them."""
    found = loaded(LOAD.format("pxeserve.provision.server"))
    assert {"jinja2.ext", "werkzeug.debug.tbtools"} <= found
