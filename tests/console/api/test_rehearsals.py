"""What the API says of rehearsals is described as it is: they are the answers that no idle console gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pxeserve.console.api.rehearse import Foreseen, Rehearsed
from pxeserve.events.recorder import SOCKET_NAME, Recorder
from tests.operations.test_site import MAC, Site, furnished


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A service that leaves DHCP to others, which would stop every machine and no walk begins for."""
    made = furnished(tmp_path, dhcp={"mode": "off"})
    made.context = replace(made.context, recorder=Recorder(made.data / "run" / SOCKET_NAME, "test"))
    yield made
    made.context.store.close()


def test_what_is_known_beforehand(site: Site) -> None:
    assert "dhcp-off" in [one.code for one in Foreseen.model_validate(site.ask("rehearse.foresee", mac=MAC)).known]


def test_what_came_of_the_walks(site: Site) -> None:
    [report] = Rehearsed.model_validate(site.ask("rehearse.run", mac=MAC)).reports
    assert report.prediction is not None
    assert report.prediction.code == "dhcp-off"
