"""Faults as stories: what is spoiled, how far the machine comes, and what the timeline must say of it: the step, and the cause.

`later` is how many seconds after the last event somebody looks: a step that did not come is overdue only then. `predicted` is what a
rehearsal, made before the machine is switched on, must say of it where that can be known.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from pxeserve.domain.client import Firmware
from tests.faults.fetching import Cut, tftp_get
from tests.record.machine import UEFI
from tests.record.network import SERVER, Cable, Packet, by_chance, nothing
from tests.record.scene import Scene, stops


def _request_by_tftp(packet: Packet) -> bool:
    return packet.out and packet.udp and packet.to_port == 69


def _data_by_tftp(packet: Packet) -> bool:
    return not packet.out and packet.udp and 40000 <= packet.from_port < 41000


def _answer_by_dhcp(packet: Packet) -> bool:
    return not packet.out and packet.udp and packet.from_port == 67


def _our_answer_by_dhcp(packet: Packet) -> bool:
    return _answer_by_dhcp(packet) and packet.source == SERVER


def _question_by_http(packet: Packet) -> bool:
    return packet.out and not packet.udp and packet.to_port == 80


@dataclass(frozen=True)
class Story:
    """One fault. `spoil` is what happens before the machine is switched on, a rehearsal comes after it; `play` is what the machine does."""

    name: str
    step: str
    cause: str
    play: Callable[[Scene], None]
    spoil: Callable[[Scene], None]
    predicted: str = ""
    later: float = 0.0


STORIES: dict[str, Story] = {}


def story(
    step: str, cause: str, *, spoil: Callable[[Scene], None] | None = None, predicted: str = "", later: float = 0.0
) -> Callable[[Callable[[Scene], None]], Callable[[Scene], None]]:
    """The function plays the machine, and names the fault."""

    def kept(play: Callable[[Scene], None]) -> Callable[[Scene], None]:
        name = play.__name__.replace("_", "-")
        STORIES[name] = Story(name, step, cause, play, spoil or armed, predicted, later)
        return play

    return kept


def armed(scene: Scene) -> None:
    """Nothing is wrong that anybody could know."""
    scene.entered()
    scene.arms()


@story("address", r"UDP 69|PXE-E32", later=3600)
def requests_by_tftp_are_dropped(scene: Scene) -> None:
    with scene.machine() as one:
        one.cable.loses = _request_by_tftp
        stops(one.boots)
    scene.recorded("dhcp.ack")


@story("address", r"40000|tftp.ports|nothing .*(came|arrived)|never acknowledged|lost", later=3600)
def all_data_of_a_transfer_is_lost(scene: Scene) -> None:
    with scene.machine() as one:
        one.cable.loses = _data_by_tftp
        stops(one.boots)
        scene.recorded("tftp.transfer", outcome="timeout")


@story("done", r"(?i)lose|lost|repeat", later=0)
def one_packet_in_twenty_is_lost(scene: Scene) -> None:
    with scene.machine() as one:
        lease = one.boots()
        one.cable.loses = by_chance(0.05, 20)
        one.starts(lease)
        one.cable.loses = nothing
        one.installs()
    scene.recorded("install.done")


@story("failed", r"architecture 2 \(Itanium\)")
def an_architecture_that_nothing_runs_on(scene: Scene) -> None:
    with scene.machine(vendor="PXEClient:Arch:00002:UNDI:002001") as one:
        stops(one.boots)
    scene.recorded("dhcp.refused")


def _armed_uefi(scene: Scene) -> None:
    scene.firmware = Firmware.UEFI_X64
    armed(scene)


@story("failed", r"(?i)no .*loader|loader.*(missing|not)", spoil=_armed_uefi, predicted=r"(?i)loader")
def no_loader_for_this_firmware(scene: Scene) -> None:
    with scene.machine(vendor=UEFI) as one:
        stops(one.boots)
    scene.recorded("dhcp.refused")


@story("failed", r"(?i)(loop|again and again|3 times)", later=3600)
def the_same_loader_again_and_again(scene: Scene) -> None:
    with scene.machine() as one:
        for _ in range(4):
            lease = one.asks()
            if lease.get("boot_file"):
                one.loads(lease["boot_file"])
    scene.recorded("dhcp.ack")


def _with_uuid(scene: Scene) -> None:
    scene.entered("uuid=7e57ab1e-0000-4000-8000-000000000001")
    scene.arms()


@story("failed", r"system UUID is 7e57ab1e-0000-4000-8000-0000000000ff", spoil=_with_uuid)
def another_machine_has_the_mac(scene: Scene) -> None:
    with scene.machine(uuid="1eab577e0000004080000000000000ff") as one:
        assert "no boot file" in stops(one.boots)
        scene.recorded("install.frozen")
        one.source = ""
        stops(one.parts, one.loads(f"pxelinux.cfg/01-{scene.mac.replace(':', '-')}").decode())


def _spoiled_medium(path: str, how: Callable[[str], None]) -> Callable[[Scene], None]:
    def spoil(scene: Scene) -> None:
        profile = scene.site.with_medium(scene.name)
        scene.entered(profile=profile)
        scene.arms()
        how(str(scene.site.medium_folder(scene.name) / path))
        scene.site.damaged(scene.name)

    return spoil


def _flipped(path: str) -> None:
    with open(path, "r+b") as file:
        file.seek(1000)
        byte = file.read(1)[0] ^ 1
        file.seek(1000)
        file.write(bytes([byte]))


@story("own disk", r"\.treeinfo", spoil=_spoiled_medium(".treeinfo", os.unlink), predicted=r"\.treeinfo")
def the_tree_has_no_treeinfo(scene: Scene) -> None:
    with scene.machine() as one:
        stops(one.starts, one.boots())


_RPM = "Packages/kernel-1.0-1.x86_64.rpm"


@story("own disk", r"kernel-1\.0-1\.x86_64\.rpm", spoil=_spoiled_medium(_RPM, _flipped), predicted=r"kernel-1\.0-1\.x86_64\.rpm")
def a_package_is_corrupt(scene: Scene) -> None:
    with scene.machine() as one:
        stops(one.starts, one.boots())


@story("installer asks", r"(?i)token|cancelled|no longer", later=3600)
def a_stale_token(scene: Scene) -> None:
    with scene.machine() as one:
        menu = one.boots()
        one.starts(menu)
        scene.site.asked("host", "cancel", scene.name)
        scene.arms()
        one.installer_asks()
        stops(one.answers)
    scene.recorded("install.stale-token")


@story("installer asks", r"10\.78\.250\.9", later=3600)
def a_stolen_token(scene: Scene) -> None:
    with scene.machine() as one, scene.other("10.78.250.9") as thief:
        menu = one.boots()
        one.starts(menu)
        thief.path = one.path
        stops(thief.answers)
        one.installer_asks()
        stops(one.answers)
    scene.recorded("install.frozen")


def _with_a_second_dhcp_server(scene: Scene) -> None:
    armed(scene)
    scene.meanwhile.enter_context(scene.site.second_dhcp())


@story("offered", r"10\.78\.250\.67", spoil=_with_a_second_dhcp_server, predicted=r"10\.78\.250\.67", later=3600)
def a_second_dhcp_server(scene: Scene) -> None:
    with scene.machine() as one:
        one.cable.loses = _our_answer_by_dhcp
        one.asks()
    scene.recorded("dhcp.discover")


@story("RAM disk", r"(?i)driver|network card", later=3600)
def the_installer_has_no_driver(scene: Scene) -> None:
    with scene.machine() as one:
        one.starts(one.boots())
    scene.recorded("tftp.transfer", rule="medium: xcp83")


def _failing_script(scene: Scene) -> None:
    scene.site.script("fails.sh", "#!/bin/sh\nexit 3\n")
    scene.entered("scripts.filesystem-populated=[fails.sh]")
    scene.arms()


@story("done", r"fails\.sh", spoil=_failing_script)
def a_script_fails(scene: Scene) -> None:
    with scene.machine() as one:
        one.starts(one.boots())
        one.installs()
    scene.recorded("install.script-failed")


@story("failed", r"(?i)installer reported|installation-complete")
def the_installer_ends_with_1(scene: Scene) -> None:
    with scene.machine() as one:
        one.starts(one.boots())
        one.installer_asks()
        one.answers()
        one.stage("installation-start")
        one.packages(2)
        one.stage("installation-complete", "1")
    scene.recorded("install.failed")


@story("packages", r"2 of 4", later=7200)
def packages_stop_coming(scene: Scene) -> None:
    with scene.machine() as one:
        one.starts(one.boots())
        one.installer_asks()
        one.answers()
        one.stage("installation-start")
        one.packages(2)
    scene.recorded("http.file", package=2)


@story("kernel", r"install\.img", later=3600)
def the_ram_disk_is_cut(scene: Scene) -> None:
    with scene.machine() as one:
        menu = one.boots()
        *first, last = one.parts(menu)
        for part in first:
            one.loads(part)
        with one.space.udp(one.address) as sock:
            try:
                tftp_get(sock, (SERVER, 69), last, pause=_pulled_after(one.cable, 20), patience=3)
            except (Cut, OSError):
                pass
            else:
                raise AssertionError("the RAM disk came whole")
        scene.recorded("tftp.transfer", outcome="timeout")


def _pulled_after(cable: Cable, blocks: int) -> Callable[[], None]:
    left = iter(range(blocks))

    def pause() -> None:
        cable.pulled = next(left, None) is None

    return pause


@story("loader", r"10\.78\.250\.8")
def a_stranger_asks_for_the_menu(scene: Scene) -> None:
    with scene.machine() as one, scene.other("10.78.250.8") as stranger:
        one.asks()
        stops(stranger.loads, f"pxelinux.cfg/01-{scene.mac.replace(':', '-')}")
    scene.recorded("install.alarm")


@story("own disk", r"lapsed|run out")
def it_came_too_late(scene: Scene) -> None:
    scene.site.expired(scene.name)
    with scene.machine() as one:
        stops(one.starts, one.boots())
    scene.recorded("install.lapsed")


@story("other", r"its own system instead", later=1800)
def it_booted_its_own_disk_first(scene: Scene) -> None:
    with scene.machine() as one:
        one.installer_asks()
    scene.recorded("dhcp.ack")


@story("armed", r"(?i)nothing|not heard|never", later=1800)
def nothing_was_heard(scene: Scene) -> None:
    scene.recorded("install.armed")


@story("offered", r"(?i)did not reach it|never took", later=3600)
def its_offers_are_lost(scene: Scene) -> None:
    with scene.machine() as one:
        one.cable.loses = _answer_by_dhcp
        stops(one.asks)
    scene.recorded("dhcp.offer")


@story("installer asks", r"(?i)HTTP", later=3600)
def http_is_not_let_through(scene: Scene) -> None:
    with scene.machine() as one:
        one.starts(one.boots())
        one.installer_asks()
        one.cable.loses = _question_by_http
        stops(one.answers)
    scene.recorded("tftp.transfer", rule="medium: xcp83")


@story("loader", r"(?i)ldlinux|start|menu", later=3600)
def the_loader_does_not_start(scene: Scene) -> None:
    with scene.machine() as one:
        lease = one.asks()
        one.loads(lease["boot_file"])
    scene.recorded("tftp.transfer")


_SURPRISING = """<?xml version="1.0"?>
<installation>
  <primary-disk guest-storage="no">sda</primary-disk>
  <root-password type="{{ password.type }}">{{ password.text }}</root-password>
  <admin-interface name="eth0" proto="dhcp"/>
  <timezone>Europe/London</timezone>
  <keymap>us</keymap>
  <ui-confirmation-prompt>false</ui-confirmation-prompt>
  <source type="{{ source.type }}">{{ source.address }}</source>
{% for stage, address in hooks.items() %}
  <script stage="{{ stage }}" type="url">{{ address }}</script>
{% endfor %}
</installation>
"""


def _surprising_template(scene: Scene) -> None:
    scene.site.template("surprising.xml.j2", _SURPRISING)
    scene.entered("template=surprising.xml.j2")
    scene.arms()


@story("answerfile", r"line 8: .*ui-confirmation-prompt", spoil=_surprising_template, predicted=r"ui-confirmation-prompt", later=3600)
def the_answerfile_waits_for_a_person(scene: Scene) -> None:
    with scene.machine() as one:
        one.starts(one.boots())
        one.installer_asks()
        assert "ui-confirmation-prompt" in one.answers()
    scene.recorded("http.answerfile")


@story("answerfile", r"sda|refused", later=3600)
def the_answerfile_is_refused(scene: Scene) -> None:
    with scene.machine() as one:
        one.starts(one.boots())
        one.installer_asks()
        one.answers()
    scene.recorded("http.answerfile")
