"""Rehearsals that the service walks itself: what is asked for wrongly, what comes of many, and what whoever watches one hears."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pxeserve.domain.client import Firmware
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.events.recorder import SOCKET_NAME, Recorder
from pxeserve.operations import registry
from tests.operations.test_site import MAC, OTHER, Site, furnished

MORE_THAN_ARE_WATCHED_AT_ONCE = 6


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Two hosts of a service that leaves DHCP to others, so that no walk begins: each rehearsal ends with what is known."""
    made = furnished(tmp_path, dhcp={"mode": "off"})
    made.ask("host.add", name="xen02", mac=[OTHER], profile="rack")
    made.context = replace(made.context, recorder=Recorder(made.data / "run" / SOCKET_NAME, "test"))
    yield made
    made.context.store.close()


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours in what every rehearsal asks first."""

    def fails(_context: Any, **_arguments: Any) -> Any:
        raise ZeroDivisionError("a mistake of ours")

    planted = registry.Verb("rehearse.foresee", fails, Role.VIEWER, fresh=False, changes=False)
    monkeypatch.setattr(registry, "_verbs", {**registry.verbs(), "rehearse.foresee": planted})


def stops_at(report: Mapping[str, Any]) -> tuple[str, bool, str]:
    return report["host"], report["ok"], report["prediction"]["code"]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"mac": MAC, "name": ["xen01"]}, "a MAC is one host"),
        ({"mac": MAC, "rack": "R1"}, "a MAC is one host"),
        ({"firmware": "all"}, "all kinds of firmware are for one card"),
        ({"mac": MAC, "firmware": "toaster"}, "'toaster' is none of bios, "),
        ({"name": ["xen01", "xen09"]}, "there is no host xen09 among those"),
        ({"mac": "52:54:00:77:00:99"}, "no host has the MAC 52:54:00:77:00:99"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_walked(site: Site, asked: dict[str, Any], says: str) -> None:
    assert says in site.refused("rehearse.run", **asked)


def test_all_are_walked_or_those_that_are_named_and_progress_is_told(site: Site) -> None:
    said: list[str] = []
    site.context = replace(site.context, report=lambda progress: said.append(f"{progress.done}/{progress.total} {progress.text}"))
    told = site.ask("rehearse.run")
    assert sorted(map(stops_at, told["reports"])) == [("xen01", False, "dhcp-off"), ("xen02", False, "dhcp-off")]
    assert told["ok"] is False
    assert (said[0], said[-1][:10]) == ("0/2 2 to be walked", "2/2 xen02 " if "xen02" in said[-1] else "2/2 xen01 ")
    assert [one["host"] for one in site.ask("rehearse.run", name=["xen02"])["reports"]] == ["xen02"]


def test_each_kind_of_a_card_s_firmware_is_walked(site: Site) -> None:
    told = site.ask("rehearse.run", mac=MAC, firmware="all")
    assert sorted(one["firmware"] for one in told["reports"]) == sorted(map(str, Firmware))
    assert told["ok"] is False


def test_who_watches_hears_the_beginning_and_the_report(site: Site) -> None:
    begun, report = site.ask("rehearse.walk", mac=MAC, firmware="bios")
    assert begun == {"begun": {"host": "xen01", "mac": MAC, "firmware": "bios", "heard": ""}}
    assert stops_at(report["report"]) == ("xen01", False, "dhcp-off")


def test_who_watches_hears_what_is_refused(site: Site) -> None:
    with pytest.raises(PxeserveError, match="no host has the MAC") as refused:
        list(site.ask("rehearse.walk", mac="52:54:00:77:00:99"))
    assert refused.value.code == "not-found"


@pytest.mark.usefixtures("broken")
def test_a_mistake_of_ours_reaches_whoever_watches_and_holds_no_place(site: Site) -> None:
    for _ in range(MORE_THAN_ARE_WATCHED_AT_ONCE):
        with pytest.raises(ZeroDivisionError):
            list(site.ask("rehearse.walk", mac=MAC))


@pytest.mark.usefixtures("broken")
def test_a_mistake_of_ours_ends_many_as_well(site: Site) -> None:
    with pytest.raises(ZeroDivisionError):
        site.ask("rehearse.run", mac=MAC)
