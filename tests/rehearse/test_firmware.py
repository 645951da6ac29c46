"""The simulated machines speak as the captured ones did: option by option, in their order; and so do the loaders, over TFTP and HTTP."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pxeserve.domain.client import ARCHITECTURES, Firmware
from pxeserve.rehearse import content
from pxeserve.rehearse.channel import relayed
from pxeserve.rehearse.dhcp import DhcpClient
from pxeserve.rehearse.firmware import SPEECH, Speech, Tongue
from pxeserve.rehearse.http import HttpClient
from pxeserve.rehearse.plan import Package
from pxeserve.rehearse.sink import Sink
from pxeserve.rehearse.step import StepFailedError
from pxeserve.rehearse.tftp import TftpClient
from pxeserve.rehearse.walk import Walk

from .test_clients import HERE, PLAN, bootp, honest, http_peer, options, udp_peer, whole

CAPTURES = Path(__file__).parents[1] / "dhcp" / "captures"
CARD, UUID = bytes.fromhex("525400770001"), bytes(16)


def captured(name: str, kind: int, vendor: bytes) -> tuple[int, list[tuple[int, bytes]]]:
    """Flags and options of the first message of that kind which says `vendor`, read by hand."""
    data = (CAPTURES / f"{name}.pcap").read_bytes()
    at = 24
    while at < len(data):
        length = int.from_bytes(data[at + 8 : at + 12], "little")
        packet = data[at + 16 : at + 16 + length]
        at += 16 + length
        udp = 14 + (packet[14] & 15) * 4
        message = packet[udp + 8 :]
        found = listed(message)
        if message[0] == 1 and (53, bytes((kind,))) in found and dict(found).get(60) == vendor:
            return int.from_bytes(message[10:12]), found
    raise AssertionError(f"{name} holds no such message")


def listed(message: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 240
    while message[at] != 255:
        if message[at]:
            found.append((message[at], message[at + 2 : at + 2 + message[at + 1]]))
            at += 1 + message[at + 1]
        at += 1
    return found


@pytest.mark.parametrize(
    ("capture", "firmware"),
    [
        ("bios_ipxe_proxy", Firmware.IPXE),
        ("uefi_ipxe", Firmware.IPXE_UEFI),
        ("uefi_server", Firmware.UEFI_X64),
        ("uefi_http", Firmware.UEFI_HTTP),
    ],
)
@pytest.mark.parametrize("kind", [1, 3])
def test_dhcp_is_spoken_as_it_was_captured(capture: str, firmware: Firmware, kind: int) -> None:
    speech = SPEECH[firmware]
    flags, said = captured(capture, kind, speech.vendor)
    asked = dict(said)
    spoken = speech.discover(UUID, CARD) if kind == 1 else speech.request(UUID, CARD, asked[54], asked[50])
    assert [(53, bytes((kind,))), *spoken] == [(code, value if code != 97 else b"\0" + UUID) for code, value in said]
    assert speech.broadcast == (flags == 0x8000)


def test_a_uefi_machine_asks_4011_as_it_was_captured() -> None:
    speech = SPEECH[Firmware.UEFI_X64]
    data = (CAPTURES / "uefi_proxy.pcap").read_bytes()
    at, found = 24, None
    while at < len(data):
        length = int.from_bytes(data[at + 8 : at + 12], "little")
        packet = data[at + 16 : at + 16 + length]
        at += 16 + length
        udp = 14 + (packet[14] & 15) * 4
        if struct.unpack("!HH", packet[udp : udp + 4]) == (speech.pxe_port, 4011):
            found = listed(packet[udp + 8 :])
            break
    assert found is not None
    assert [(53, b"\x03"), *speech.ask_pxe(UUID, CARD, b"\x0a\x4d\0\x01")] == [
        (code, value if code != 97 else b"\0" + UUID) for code, value in found
    ]


def test_every_kind_of_firmware_has_its_speech() -> None:
    assert set(SPEECH) == set(Firmware)
    for firmware, speech in SPEECH.items():
        known = ARCHITECTURES[speech.arch].firmware
        assert known == {Firmware.IPXE: Firmware.BIOS, Firmware.IPXE_UEFI: Firmware.UEFI_X64}.get(firmware, firmware)
        assert speech.ipxe == (firmware in (Firmware.IPXE, Firmware.IPXE_UEFI))


@pytest.mark.parametrize("firmware", list(Firmware))
def test_what_is_spoken_goes_out(firmware: Firmware) -> None:
    plan = replace(PLAN, firmware=firmware)
    with udp_peer(honest) as (port, heard), DhcpClient(replace(plan, dhcp_port=port), relayed(replace(plan, dhcp_port=port))) as client:
        client.boot()
    speech: Speech = SPEECH[firmware]
    discover, request = heard
    assert [code for code, _ in listed(discover)] == [53, *(code for code, _ in speech.discover(UUID, CARD)), 82]
    assert [code for code, _ in listed(request)] == [53, *(code for code, _ in speech.request(UUID, CARD, b"", b"")), 82]
    assert (discover[10] == 0x80) is speech.broadcast


def data(number: int, body: bytes) -> bytes:
    return struct.pack("!HH", 3, number) + body


def test_uefi_breaks_its_first_request_off_and_takes_windows_of_four() -> None:
    oack = b"\0\x06blksize\x001468\0windowsize\x004\0"
    blocks = [bytes((number,)) * 1468 for number in range(9)] + [b"end"]

    def serve(packet: bytes, number: int) -> list[bytes]:
        if packet[:2] == b"\0\x01":
            return [b"\0\x06tsize\x0013215\0" + oack[2:] if number == 1 else oack]
        if packet[:2] == b"\0\x05":
            return []
        acked = int.from_bytes(packet[2:4])
        return [data(acked + 1 + step, block) for step, block in enumerate(blocks[acked : acked + 4])]

    with udp_peer(serve) as (port, heard):
        sink = TftpClient(HERE, port, HERE, wait=2.0).fetch("grubx64.efi", Tongue.UEFI, keep=99999)
    assert sink.content == b"".join(blocks)
    first, aborted, second, *acks = heard
    assert first == b"\0\x01grubx64.efi\0octet\0tsize\x000\0blksize\x001468\0windowsize\x004\0"
    assert aborted == b"\0\x05\0\x08User aborted the transfer\0"
    assert second == b"\0\x01grubx64.efi\0octet\0blksize\x001468\0windowsize\x004\0"
    assert [int.from_bytes(ack[2:4]) for ack in acks] == [0, 4, 8, 10]


@pytest.mark.parametrize(
    ("tongue", "asks"),
    [
        (Tongue.ROM, b"blksize\x001432\0tsize\x000\0"),
        (Tongue.PXELINUX, b"tsize\x000\0blksize\x001408\0"),
        (Tongue.GRUB, b"blksize\x001024\0tsize\x000\0"),
    ],
)
def test_loaders_ask_for_their_options_in_their_order(tongue: Tongue, asks: bytes) -> None:
    with udp_peer(lambda packet, _: [data(1, b"all")] if packet[1] == 1 else []) as (port, heard):
        assert TftpClient(HERE, port, HERE, wait=2.0).fetch("x", tongue).size == 3
    assert heard[0] == b"\0\x01x\0octet\0" + asks


def test_a_lost_block_of_a_window_is_asked_for_again() -> None:
    blocks = [b"a" * 1468, b"b" * 1468, b"c" * 1468, b"d"]
    lost = [2]

    def serve(packet: bytes, number: int) -> list[bytes]:
        if packet[:2] == b"\0\x01":
            return [b"\0\x06blksize\x001468\0windowsize\x004\0"]
        if packet[:2] != b"\0\x04":
            return []
        acked = int.from_bytes(packet[2:4])
        sent = [data(acked + 1 + step, block) for step, block in enumerate(blocks[acked:])]
        return [one for one in sent if not (int.from_bytes(one[2:4]) in lost and not lost.clear())]

    with udp_peer(serve) as (port, _):
        sink = TftpClient(HERE, port, HERE, wait=2.0).fetch("x", Tongue.UEFI, keep=99999)
    assert sink.content == b"".join(blocks)


@pytest.mark.parametrize(
    ("oack", "says"),
    [
        (b"blksize\x009000\0", "granted blksize=9000, which was not asked for"),
        (b"windowsize\x004\0", "granted windowsize=4, which was not asked for"),
        (b"blksize\x00many\0", "holds no numbers"),
    ],
)
def test_an_option_that_nobody_asked_for_ends_a_transfer(oack: bytes, says: str) -> None:
    with udp_peer(lambda *_: [b"\0\x06" + oack]) as (port, _), pytest.raises(StepFailedError, match=says):
        TftpClient(HERE, port, HERE, wait=0.1).fetch("x", Tongue.GRUB)


def test_http_boot_asks_for_the_head_first_and_wants_the_same_length() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
    with http_peer(head, whole(b"abc")) as (base, heard):
        assert HttpClient(HERE).load(f"{base}/grubx64.efi", Tongue.UEFI_HTTP).size == 3
    assert heard[0].startswith(b"HEAD /grubx64.efi HTTP/1.1")
    assert heard[1].startswith(b"GET /grubx64.efi HTTP/1.1")
    assert all(b"User-Agent: UefiHttpBoot/1.0" in one for one in heard)
    with http_peer(head, whole(b"abcd")) as (base, _), pytest.raises(StepFailedError, match="HEAD announced 3 bytes and GET brought 4"):
        HttpClient(HERE).load(f"{base}/grubx64.efi", Tongue.UEFI_HTTP)
    unknown = pytest.raises(StepFailedError, match="no Content-Length in the answer to HEAD")
    with http_peer(b"HTTP/1.1 200 OK\r\n\r\n") as (base, _), unknown:
        HttpClient(HERE).load(f"{base}/grubx64.efi", Tongue.UEFI_HTTP)


def test_grub_reads_a_gzip_file_from_its_end_and_then_whole() -> None:
    part = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 8\r\n\r\n12345678"
    full = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 20\r\n\r\n" + bytes(20)
    with http_peer(whole(bytes(20)), part, full) as (base, heard):
        assert HttpClient(HERE).load(f"{base}/xen.gz", Tongue.GRUB).size == 20
    assert [b"Range" in one for one in heard] == [False, True, True]
    assert b"Range: bytes=12-" in heard[1]
    assert b"Range: bytes=0-" in heard[2]
    with http_peer(whole(bytes(20)), whole(bytes(20))) as (base, _), pytest.raises(StepFailedError, match="sends no ranges"):
        HttpClient(HERE).load(f"{base}/xen.gz", Tongue.GRUB)


def pe(machine: int) -> bytes:
    return b"MZ" + bytes(0x3A) + (0x80).to_bytes(4, "little") + bytes(0x40) + b"PE\0\0" + machine.to_bytes(2, "little") + bytes(600)


def kept(data_: bytes) -> Sink:
    sink = Sink(4096)
    sink.write(data_)
    return sink


@pytest.mark.parametrize(
    ("firmware", "loader", "says"),
    [
        ("uefi-x64", pe(0x8664), ""),
        ("uefi-x64", pe(0x14C), "for 32-bit x86, and this machine is x64"),
        ("uefi-ia32", pe(0x8664), "for x64, and this machine is 32-bit x86"),
        ("uefi-arm64", pe(0xAA64), ""),
        ("uefi-http-arm64", pe(0x8664), "for x64, and this machine is 64-bit ARM"),
        ("bios", pe(0x8664), "for x64, and this machine is BIOS"),
        ("bios", b"\x7fELF" + bytes(600), "an ELF program"),
        ("uefi-x64", bytes(600), "is no EFI program"),
        ("bios", bytes(600), ""),
        ("bios", b"short", "5 bytes are no boot loader"),
    ],
)
def test_a_loader_must_be_for_the_machine_that_starts_it(firmware: str, loader: bytes, says: str) -> None:
    if not says:
        content.check_loader("x/loader", kept(loader), firmware)
        return
    with pytest.raises(StepFailedError, match=says):
        content.check_loader("x/loader", kept(loader), firmware)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("m/sample/boot/xen.gz", "boot/xen.gz"),
        ("http://10.77.0.1/b/S/grub/m/sample/boot/xen.gz", "boot/xen.gz"),
        ("/b/S/SET/x/m/sample/boot/xen.gz", None),
        ("m/another/boot/xen.gz", None),
        ("mboot.c32", None),
    ],
)
def test_files_of_the_medium_are_known_by_their_names(name: str, path: str | None) -> None:
    plan = replace(PLAN, files=(Package("boot/xen.gz", 3, "", "ab"),))
    found = content.in_manifest(plan, name)
    assert (found.path if found else None) == path


@contextmanager
def file_server(files: dict[str, bytes]) -> Iterator[int]:
    """TFTP without options, one block a file."""

    def serve(packet: bytes, _: int) -> list[bytes]:
        if packet[:2] != b"\0\x01":
            return []
        name = packet[2:].split(b"\0")[0].decode()
        return [data(1, files[name])] if name in files else [b"\0\x05\0\x01no\0"]

    with udp_peer(serve) as (port, _):
        yield port


def test_an_ipxe_that_is_given_itself_again_is_a_loop() -> None:
    def same(request: bytes, _: int) -> list[bytes]:
        kind = {1: 2, 3: 5}.get(options(request)[53][0])
        named = b"undionly.kpxe"
        return [bootp(request, kind, "127.79.0.100", more=bytes((67, len(named))) + named)] if kind else []

    with udp_peer(same) as (port, _), file_server({"undionly.kpxe": bytes(511)}) as tftp:
        plan = replace(PLAN, dhcp_port=port, tftp_port=tftp)
        with DhcpClient(plan, relayed(plan)) as client:
            (step, loader) = list(Walk(plan, client, wait=0.5).steps())[:2]
    assert step.ok
    assert "511 bytes are no boot loader" in loader.text  # a block short of what a loader is

    def serve(packet: bytes, number: int) -> list[bytes]:
        if packet[:2] == b"\0\x01":
            return [b"\0\x06blksize\x001432\0tsize\x00600\0"]
        return [data(1, bytes(600))] if packet[:4] == b"\0\x04\0\0" else []

    with udp_peer(same) as (port, _), udp_peer(serve) as (tftp, _):
        plan = replace(PLAN, dhcp_port=port, tftp_port=tftp)
        with DhcpClient(plan, relayed(plan)) as client:
            *_, last = list(Walk(plan, client, wait=0.5).steps())
    assert (last.name, last.ok) == ("menu", False)
    assert "asked DHCP again as iPXE and was given undionly.kpxe, the same again: it goes round in a loop" in last.text
    assert "user class" in last.fix
