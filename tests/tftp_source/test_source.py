"""What a TFTP path means: whose menu, which loader, and what nobody ever gets."""

from __future__ import annotations

import gzip
import os
import socket
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from pxeserve.boot import gather
from pxeserve.boot.session import SessionIds
from pxeserve.config import Config
from pxeserve.domain.host import BootWords, Host, PlainBoot, Profile
from pxeserve.domain.install import Install
from pxeserve.domain.medium import Lies, Medium
from pxeserve.events.record import Event
from pxeserve.events.recorder import Recorder
from pxeserve.handout.answer import Given, Refused, Why
from pxeserve.handout.images import LARGEST
from pxeserve.handout.request import By
from pxeserve.handout.source import Source as Names
from pxeserve.installs.arming import BootDenied, BootGrant
from pxeserve.keys import load_keys
from pxeserve.shelf import Stamp
from pxeserve.store import Store, inventory, leases, media, open_store
from pxeserve.store import loaders as stored
from pxeserve.store import tables as t
from pxeserve.store.media import FileRow
from pxeserve.tftp.content import Content, Refusal
from pxeserve.tftp.reading import close, reader
from pxeserve.tftp.source import Source

NOW = 1_800_000_000.0
MAC = "52:54:00:77:00:01"
MENU = "pxelinux.cfg/01-52-54-00-77-00-01"
CLIENT = IPv4Address("10.77.0.51")
STRANGER = IPv4Address("10.77.0.200")
ELF = b"\x7fELF" + bytes(64)
SET = {"pxelinux.0": b"PXELINUX 6.04 PXE", "mboot.c32": ELF, "ldlinux.c32": ELF, "libcom32.c32": ELF}
REVISION = "r" * 64


class Record(Recorder):
    """A recorder that keeps what it is handed."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.events.append(event)


@dataclass
class Door:
    """An arming that lets in one address, and remembers what was delivered."""

    lets_in: IPv4Address = CLIENT
    token: str | None = "T0ken"
    delivered: list[tuple[str, IPv4Address, float]] = field(default_factory=list)
    others: list[tuple[str, str, IPv4Address]] = field(default_factory=list)

    def open_boot(self, _install: Install, _mac: str, address: IPv4Address, _now: float) -> BootGrant | BootDenied:
        return BootGrant(self.token) if address == self.lets_in else BootDenied("no evidence of who asks", False)

    def knows(self, _mac: str, address: IPv4Address, _now: float) -> bool:
        return address == self.lets_in

    def contradicted(self, install: Install, _mac: str, address: IPv4Address, because: str, _now: float) -> None:
        self.others.append((install.id, because, address))

    def ramdisk_delivered(self, install_id: str, address: IPv4Address, now: float) -> bool:
        self.delivered.append((install_id, address, now))
        return True


@dataclass
class Site:
    """A server with one medium, one set of loaders and one host."""

    data: Path
    store: Store
    source: Source
    record: Record
    door: Door
    session: str
    names: Names

    def http(self, path: str, address: IPv4Address = CLIENT) -> Given | Refused:
        return self.names.resolve(path, By.HTTP, address, NOW)

    def script(self, path: str) -> str:
        given = self.http(path)
        assert isinstance(given, Given), given
        assert given.data is not None
        return given.data.decode()

    def ask(self, path: str, address: IPv4Address = CLIENT) -> Content | Refusal:
        return self.source.resolve(path, address, NOW)

    def text(self, path: str, address: IPv4Address = CLIENT) -> str:
        return self.content(path, address).decode()

    def content(self, path: str, address: IPv4Address = CLIENT) -> bytes:
        answer = self.ask(path, address)
        assert isinstance(answer, Content), answer
        if answer.data is not None:
            return answer.data
        assert answer.fd is not None
        try:
            return os.pread(answer.fd, answer.size, 0)
        finally:
            os.close(answer.fd)

    def refused(self, path: str, address: IPv4Address = CLIENT) -> Refusal:
        answer = self.ask(path, address)
        assert isinstance(answer, Refusal), answer
        return answer

    def under(self, name: str) -> str:
        """`name` as a loader asks for it that was started from this boot's session."""
        return f"b/{self.session}/debian/{name}"

    def arm(self, *, interactive: bool = False, wants_answerfile: bool = True) -> None:
        row = {
            "id": "k3d9", "host_id": 1, "mode": "fresh", "interactive": interactive, "wants_answerfile": wants_answerfile,
            "state": "armed", "version": 1, "armed_by": "root", "armed_at": NOW - 60, "armed_boot_id": "b", "armed_boottime": 1.0,
            "expires": NOW + 3000, "medium": "xs41", "medium_revision": REVISION,
        }  # fmt: skip
        with self.store.site.write() as connection:
            connection.execute(insert(t.install).values(row))

    def use_plain(self, plain: PlainBoot) -> None:
        with self.store.site.write() as connection:
            inventory.put_profile(connection, Profile("rack-a", plain=plain))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    data = tmp_path / "data"
    store = open_store(data, migrate=True)
    (data / "media/xs41-1/boot").mkdir(parents=True)
    for name, content in (("boot/xen.gz", b"xen"), ("boot/vmlinuz", b"kernel"), ("install.img", b"disk")):
        (data / "media/xs41-1" / name).write_bytes(content)
    (data / "tftp").mkdir()
    (data / "files/debian").mkdir(parents=True)
    (data / "files/debian/initrd.gz").write_bytes(b"initrd")
    medium = {
        "name": "xs41", "folder": "xs41-1", "format": "text", "product": "XenServer", "version": "4.1.0", "build": "1", "dialect": "4.1",
        "revision": REVISION, "boot": {"xen": "boot/xen.gz", "kernel": "boot/vmlinuz", "initrd": "install.img"},
        "repositories": [], "state": "good", "origin": "test", "imported_at": 0.0,
    }  # fmt: skip
    with gather.laid(data / "loaders", "debian", SET) as rows, store.site.write() as connection:
        stored.put(connection, "debian", "Debian", 0.0, rows)
        connection.execute(insert(t.medium).values(medium))
        inventory.put_profile(connection, Profile("rack-a", medium="xs41", words=BootWords(serial="ttyS0,115200")))
        inventory.put_host(connection, Host(0, "xen01", (MAC,), "rack-a"))
    record, door = Record(), Door()
    config = Config.model_validate({"server": {"data": str(data)}, "http": {"port": 8069}})
    names = Names(config, store, record, IPv4Address("10.77.0.1"), clock=lambda: NOW + 9, gate=door)
    source = Source(names)
    session = SessionIds(load_keys(data).session).make(CLIENT, MAC, NOW - 5)
    return Site(data, store, source, record, door, session, names)


def test_an_idle_host_and_an_unknown_one_are_led_to_their_own_disks(site: Site) -> None:
    assert "localboot 0" in site.text(site.under(MENU))
    assert "localboot 0" in site.text("pxelinux.cfg/01-52-54-00-77-00-99")
    assert "localboot 0" in site.text("pxelinux.cfg/default")
    idle, unknown = site.record.events
    assert (idle.kind, idle.host, idle.mac, idle.session) == ("boot.menu", "xen01", MAC, site.session)
    assert [reason["code"] for reason in idle.data["because"]] == ["loader", "idle"]
    assert (unknown.host, unknown.data["because"][-1]["code"]) == (None, "unknown-host")


def test_an_armed_host_gets_the_installer_with_its_answerfile(site: Site) -> None:
    site.arm()
    menu = site.text(site.under(MENU))
    assert "m/xs41/boot/xen.gz" in menu
    assert "answerfile=http://10.77.0.1:8069/a/T0ken install" in menu
    answer = site.ask(site.under(MENU))
    assert isinstance(answer, Content)
    assert (answer.host, answer.install, answer.key, answer.delivered) == ("xen01", "k3d9", None, None)
    assert site.record.events[0].data["target"] == "installer"
    for name, content in (("boot/xen.gz", b"xen"), ("boot/vmlinuz", b"kernel"), ("install.img", b"disk")):
        assert site.content(site.under(f"m/xs41/{name}")) == content


def test_a_stranger_never_sees_an_armed_hosts_menu(site: Site) -> None:
    site.arm()
    refusal = site.refused(MENU, STRANGER)
    assert (refusal.code, refusal.message, refusal.install, refusal.host) == (1, "File not found", "k3d9", "xen01")
    assert "localboot" in site.text("pxelinux.cfg/default", STRANGER)


def test_what_pxelinux_asks_before_and_after_the_mac_misses_at_once(site: Site) -> None:
    for name in ("7e57ab1e-0000-4000-8000-000000000001", "0A4D0033", "0A4D003", "0", "01-01-00-5e-00-00-01", "../default", ""):
        assert site.refused(site.under(f"pxelinux.cfg/{name}")).code == 1


def test_an_interactive_install_is_used_up_by_its_ram_disk(site: Site) -> None:
    site.arm(interactive=True, wants_answerfile=False)
    site.door.token = None
    menu = site.text(site.under(MENU))
    assert "answerfile" not in menu
    assert "--- i/k3d9/m/xs41/install.img" in menu
    answer = site.ask(site.under("i/k3d9/m/xs41/install.img"))
    assert isinstance(answer, Content)
    assert answer.delivered is not None
    assert answer.fd is not None
    os.close(answer.fd)
    assert site.door.delivered == []
    answer.delivered()
    assert site.door.delivered == [("k3d9", CLIENT, NOW + 9)]


def test_a_plain_profile_boots_files_of_the_files_folder(site: Site) -> None:
    site.use_plain(PlainBoot(kernel="debian/vmlinuz", initrd="debian/initrd.gz", args="quiet"))
    site.arm(wants_answerfile=False)
    site.door.token = None
    assert "initrd i/k3d9/f/debian/initrd.gz" in site.text(site.under(MENU))
    assert site.content(site.under("i/k3d9/f/debian/initrd.gz")) == b"initrd"
    assert site.refused(site.under("f/debian/vmlinuz")).code == 1


def test_a_menu_that_cannot_be_written_is_the_own_disk_and_says_why(site: Site) -> None:
    with site.store.site.write() as connection:
        inventory.put_profile(connection, Profile("rack-a", medium="xs41", words=BootWords(kernel_args="x" * 2000)))
    site.arm()
    assert "localboot" in site.text(site.under(MENU))
    assert site.record.events[-1].data["because"][-1]["code"] == "menu-unwritable"


def test_loaders_come_from_the_set_in_the_path_and_modules_from_nowhere_else(site: Site) -> None:
    (site.data / "tftp/libutil.c32").write_bytes(ELF)
    (site.data / "tftp/readme").write_bytes(b"lies there")
    for name, content in SET.items():
        assert site.content(site.under(name)) == content
    assert site.refused(site.under("libutil.c32")).code == 1
    assert site.content(site.under("readme")) == b"lies there"


def test_a_machine_set_up_by_hand_is_served_too(site: Site) -> None:
    assert site.content("pxelinux.0") == SET["pxelinux.0"]
    assert site.content("/pxelinux.0") == SET["pxelinux.0"]
    (site.data / "tftp/pxelinux.0").write_bytes(b"the site's own")
    assert site.content("pxelinux.0") == b"the site's own"


def test_a_session_identifies_and_a_forged_one_does_not(site: Site) -> None:
    real = site.ask(site.under("pxelinux.0"))
    forged = site.ask(f"b/{'a' * 31}/debian/pxelinux.0")
    assert isinstance(real, Content)
    assert isinstance(forged, Content)
    assert (real.session, real.mac, real.host) == (site.session, MAC, "xen01")
    assert (forged.session, forged.mac, forged.host) == (None, None, None)
    assert real.key == forged.key
    for one in (real, forged):
        assert one.fd is not None
        os.close(one.fd)


def test_what_is_no_plain_file_is_refused_at_once(site: Site) -> None:
    root = site.data / "tftp"
    os.mkfifo(root / "fifo")
    (root / "folder").mkdir()
    (root / "link").symlink_to("/etc/passwd")
    (root / "linked").symlink_to("/etc")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(root / "socket"))
    for name in ("fifo", "folder", "link", "linked/passwd", "socket"):
        assert site.refused(name).code == 2, name
    listener.close()


@pytest.mark.parametrize(
    "path",
    [
        "../state/site.db", "b/x/../../state/site.db", "m/xs41/../../state/site.db", "m/../state/site.db", "m/xs41/", "m/xs41",
        "m//etc/passwd", "f/../keys/seal.key", "i/k3d9/../keys/seal.key", "i/k3d9/m/xs41/../../../keys/seal.key",
        "i//m/xs41/install.img", "..\\..\\state\\site.db", "", "/",
        "b//", "a\0b", "\udcff", "x" * 5000, "pxelinux.cfg/01-52-54-00-77-00-0g",
    ],
)  # fmt: skip
def test_nothing_outside_is_reached_and_no_path_is_told(site: Site, path: str) -> None:
    for whole in (path, "/" + path, site.under(path)):
        refusal = site.refused(whole)
        assert refusal.code in (1, 2)
        assert refusal.message in ("File not found", "Access violation")


def test_trouble_of_our_own_is_recorded_and_not_told(site: Site) -> None:
    site.store.close()
    for file in (site.data / "state").glob("site.db*"):
        file.write_bytes(b"no database" * 1000)
    refusal = site.refused(site.under(MENU))
    assert (refusal.code, refusal.message) == (0, "Server trouble; see its events")
    assert site.record.events[-1].kind == "tftp.trouble"


GRUB = b"MZ" + b"program" * 40 + b"set pxeserve=" + b"." * (512 - 14) + b"\n" + b"more program"


def with_grub(site: Site, more: bytes = b"") -> None:
    """An image with `more` in it, and the medium of a generation that UEFI can start."""
    modern(site)
    with gather.laid(site.data / "loaders", "grub-debian", {"grubx64.efi": GRUB + more}) as rows, site.store.site.write() as connection:
        stored.put(connection, "grub-debian", "made", 0.0, rows)


def modern(site: Site) -> None:
    with site.store.site.write() as connection:
        connection.execute(update(t.medium).values(dialect="xcp-8.3"))
        inventory.raise_revision(connection)


@pytest.mark.quirk("grub-lost-over-http")
def test_a_grub_image_carries_its_boot_and_the_way_it_came(site: Site) -> None:
    with_grub(site)
    name = f"b/{site.session}/grub-debian/grubx64.efi"
    by_tftp, by_http = site.content(name), site.script(name).encode()
    assert len(by_tftp) == len(by_http) == len(GRUB)
    assert f"normal (tftp,10.77.0.1)/b/{site.session}/grub-debian/grub.cfg\n".encode() in by_tftp
    assert b"net_bootp" not in by_tftp          # firmware that loads by TFTP hands its address on
    assert b"net_bootp\n" in by_http            # HTTP Boot does not
    assert b"pxeserve=" not in by_tftp
    assert by_tftp.endswith(b"more program")


def test_a_grub_image_set_up_by_hand_asks_by_its_card(site: Site) -> None:
    with_grub(site)
    assert b"normal (tftp,10.77.0.1)/grub/$net_default_mac.cfg\n" in site.content("grubx64.efi")


@pytest.mark.parametrize(
    ("path", "kernel"),
    [
        ("b/{session}/grub-debian/grub.cfg", "multiboot2 (tftp,10.77.0.1)/b/{session}/grub-debian/m/xs41/boot/xen.gz"),
        ("grub/52:54:00:77:00:01.cfg", "multiboot2 (tftp,10.77.0.1)/m/xs41/boot/xen.gz"),
        ("b/{session}/ipxe/boot.ipxe", "kernel http://10.77.0.1:8069/b/{session}/ipxe/x/m/xs41/boot/xen.gz"),
        ("ipxe/52-54-00-77-00-01.pcbios", "kernel http://10.77.0.1:8069/x/m/xs41/boot/xen.gz"),
    ],
)
def test_each_loaders_menu_leads_the_armed_host_to_its_installer(site: Site, path: str, kernel: str) -> None:
    modern(site)
    site.arm()
    menu = site.script(path.format(session=site.session))
    assert kernel.format(session=site.session) in menu
    assert "answerfile=http://10.77.0.1:8069/a/T0ken install" in menu


def test_ipxe_on_uefi_goes_on_to_grub(site: Site) -> None:
    with_grub(site)
    site.arm()
    menu = site.script(f"b/{site.session}/grub-debian/boot.ipxe")
    assert f"chain --replace http://10.77.0.1:8069/b/{site.session}/grub-debian/grubx64.efi" in menu


@pytest.mark.parametrize("path", ["b/{session}/grub-debian/grub.cfg", "b/{session}/ipxe/boot.ipxe", "grub/52:54:00:77:00:01.cfg"])
def test_no_menu_of_any_kind_is_given_without_evidence(site: Site, path: str) -> None:
    modern(site)
    site.arm()
    refused = site.http(path.format(session=site.session), STRANGER)
    assert isinstance(refused, Refused)
    assert refused.why is Why.NOT_FOUND


@pytest.mark.parametrize("path", ["b/{session}/grub-debian/grub.cfg", "b/{session}/ipxe/boot.ipxe"])
def test_an_idle_host_is_led_to_its_own_disk_by_every_loader(site: Site, path: str) -> None:
    menu = site.script(path.format(session=site.session))
    assert menu.splitlines()[-1] in ("exit", "exit 1")
    assert "xen.gz" not in menu


@pytest.mark.quirk("grub-fixed-path")
def test_the_vendors_grub_names_nobody_and_is_known_by_its_address(site: Site) -> None:
    modern(site)
    site.arm()
    assert "xen.gz" not in site.text("EFI/xenserver/grub.cfg")
    with site.store.leases.write() as connection:
        leases.put_sightings(connection, [leases.Sighting(CLIENT, MAC, NOW)])
    assert "multiboot2 /m/xs41/boot/xen.gz" in site.text("/EFI/xenserver/grub.cfg")


def test_a_medium_from_before_uefi_leads_grub_to_the_own_disk_and_says_why(site: Site) -> None:
    site.arm()
    assert "xen.gz" not in site.script(f"b/{site.session}/grub-debian/grub.cfg")
    assert "starts from a BIOS only" in site.record.events[-1].data["because"][0]["text"]


def test_ipxe_that_named_nobody_is_asked_to_come_again(site: Site) -> None:
    assert "chain --replace http://10.77.0.1:8069/ipxe/${netX/mac:hexhyp}.${platform}" in site.script("boot.ipxe")


@pytest.mark.quirk("ipxe-plain-xen")
def test_a_hypervisor_is_unpacked_for_ipxe_and_nothing_too_large(site: Site) -> None:
    folder = site.data / "media/xs41-1/boot"
    (folder / "xen.gz").write_bytes(gzip.compress(b"a hypervisor"))
    assert site.script("x/m/xs41/boot/xen.gz") == "a hypervisor"
    assert site.script("x/m/xs41/boot/vmlinuz") == "kernel"
    (folder / "xen.gz").write_bytes(gzip.compress(bytes(LARGEST + 1)))
    refused = site.http("x/m/xs41/boot/xen.gz")
    assert isinstance(refused, Refused)
    assert (refused.why, refused.rule) == (Why.FORBIDDEN, "path: too-large")
    (folder / "xen.gz").write_bytes(gzip.compress(b"a hypervisor")[:-4])
    assert isinstance(site.http("x/m/xs41/boot/xen.gz"), Refused)


def test_a_file_of_a_medium_that_is_an_image_begins_where_it_lies_in_it(site: Site, tmp_path: Path) -> None:
    image, kernel = tmp_path / "disc.iso", os.urandom(5000)
    image.write_bytes(os.urandom(3000) + kernel + os.urandom(700))
    with image.open("rb") as opened:
        stamp = str(Stamp.of(opened.fileno()))
    medium = Medium("disc", "disc@1", "text", "XenServer", "4.1.0", "", "4.1", "1", None, lies=Lies.IMAGE, place=str(image))
    with site.store.site.write() as connection:
        media.add(connection, medium, [FileRow("boot/vmlinuz", -1, "plain", 5000, "", "", 3000, stamp)], "test", NOW)
    answer = site.ask(site.under("m/disc/boot/vmlinuz"))
    assert isinstance(answer, Content)
    assert reader(answer)(0, answer.size) == kernel
    close(answer)
    image.touch()
    refused = site.refused(site.under("m/disc/boot/vmlinuz"))
    assert (refused.code, refused.rule) == (2, "path: changed")
