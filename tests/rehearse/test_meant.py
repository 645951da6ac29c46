"""Which rehearsals are meant, and when all of them went well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pxeserve.domain.client import Firmware
from pxeserve.errors import NotFoundError
from pxeserve.rehearse.meant import ALL, Wanted, all_reach, kinds_reach, of_card, of_hosts
from pxeserve.rehearse.prediction import Outlook, Prediction
from pxeserve.rehearse.run import Report
from pxeserve.timeline.steps import Step

MAC = "52:54:00:77:00:01"


def service(verb: str, arguments: Mapping[str, Any]) -> Any:
    """What the two verbs that are asked would say of two hosts."""
    if verb == "rehearse.foresee":
        heard = "" if arguments["firmware"] else "it said so"
        return {"host": "xen01", "mac": arguments["mac"], "firmware": arguments["firmware"] or "uefi-x64", "heard": heard}
    alike = {"mac": MAC, "firmware": arguments["firmware"] or "bios", "heard": "", "alike": "a"}
    return [{"host": name, **alike} for name in ("xen01", "xen02")]


def report(ok: bool, code: str = "pool-empty") -> Report:
    first = None if ok else Prediction(Step.LOADER, code, "", "", "")
    return Report("xen01", MAC, "bios", "", ok, "", (), Outlook(first, ()), ())


def test_a_card_is_walked_as_what_it_said_or_as_what_is_asked_for() -> None:
    assert of_card(service, MAC, None) == [Wanted("xen01", MAC, "uefi-x64", "it said so", "uefi-x64")]
    assert of_card(service, MAC, "bios") == [Wanted("xen01", MAC, "bios", "", "bios")]


def test_all_kinds_are_one_rehearsal_each_and_share_nothing() -> None:
    found = of_card(service, MAC, ALL)
    assert [one.firmware for one in found] == list(Firmware)
    assert len({one.alike for one in found}) == len(found)


def test_of_many_those_with_the_names_are_meant() -> None:
    assert [one.host for one in of_hosts(service)] == ["xen01", "xen02"]
    assert [one.host for one in of_hosts(service, names=["xen02"])] == ["xen02"]
    with pytest.raises(NotFoundError, match="no host xen03 among those"):
        of_hosts(service, names=["xen02", "xen03"])


@pytest.mark.parametrize(
    ("reports", "hosts", "kinds"),
    [
        ([], False, False),
        ([report(True), report(True)], True, True),
        ([report(True), report(False)], False, False),
        ([report(True), report(False, "no-loader")], False, True),
        ([report(False, "no-loader")], False, False),
    ],
)
def test_of_one_card_s_kinds_those_without_a_loader_do_not_count(reports: list[Report], hosts: bool, kinds: bool) -> None:
    assert (all_reach(reports), kinds_reach(reports)) == (hosts, kinds)
