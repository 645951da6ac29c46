"""The quirks of firmware that asks for addresses and boot files: what each is. The rules that go by them are beside this file, and in
`options`, `packet`, `reply`, `route`, `loops` and `lending` for those that hold for everybody."""

from __future__ import annotations

from pxeserve.domain.quirk import Quirk

IPXE_77 = Quirk(
    "ipxe-77",
    "iPXE tells that it is iPXE by its user class (77), bare or with a length before it; ROMs that are not iPXE send option 175 as well",
    "77 alone tells iPXE",
    "captures/bios_ipxe_proxy, captures/bios_plain_proxy (iPXE 1.0.0+git-20190125)",
    ("dhcp/test_classify.py", "dhcp/test_quirks.py"),
)
IPXE_NO_HTTP = Quirk(
    "ipxe-no-http",
    "an iPXE whose option 175 does not name HTTP among its features cannot fetch a script over it",
    "it loads what its architecture loads",
    "iPXE, include/ipxe/dhcp.h (DHCP_EB_FEATURE_HTTP)",
    ("dhcp/test_classify.py", "dhcp/test_quirks.py"),
)
NO_VENDOR_CLASS = Quirk(
    "no-vendor-class",
    "a ROM names an architecture (93) and no vendor class (60)",
    "it is network booting all the same: nothing else sends an architecture",
    "RFC 4578 section 2.1",
    ("dhcp/test_classify.py", "dhcp/test_quirks.py"),
    precaution=True,
)
NO_OPTION_93 = Quirk(
    "no-option-93",
    "PXE firmware sends no architecture (93)",
    "it is BIOS, unless its vendor class names an architecture, as PXEClient:Arch:00007:UNDI:003016 does",
    "ROMs from before RFC 4578; PXE 2.1 table 2-1",
    ("dhcp/test_classify.py", "dhcp/test_quirks.py"),
)
ARCH_7_AND_9 = Quirk(
    "arch-7-and-9",
    "64-bit UEFI calls itself 7 or 9: RFC 4578 and IANA's table have the two the other way round",
    "both are x64 UEFI and get the same loader",
    "RFC 4578 errata 4625; xcat-core#7645; docker-netbootxyz#8",
    ("dhcp/test_quirks.py",),
)
ARCH_6 = Quirk(
    "arch-6",
    "a 32-bit UEFI on a 64-bit processor calls itself 6",
    "it gets a 32-bit GRUB for its own disk and plain files; a hypervisor is refused with the reason",
    "IANA, processor architecture types; docker-netbootxyz#8",
    ("dhcp/test_quirks.py",),
)
ARCH_LIST = Quirk(
    "arch-list",
    "option 93 names several architectures, some of them unknown",
    "the first that is known counts; when none is, the machine is refused by the first one's number",
    "RFC 4578 section 2.1",
    ("dhcp/test_classify.py", "dhcp/test_quirks.py"),
)
NO_UUID = Quirk(
    "no-uuid",
    "PXE firmware sends no system UUID (97), or one of zeros or ones",
    "it is served all the same; 97 is in the answer only when it was in the question",
    "pixiecore#21 (Supermicro, Intel cards); captures/uefi_server (all zeros)",
    ("dhcp/test_packet.py", "dhcp/test_quirks.py"),
)
UUID_ORDER = Quirk(
    "uuid-order",
    "option 97 is in SMBIOS byte order: the first three fields are little-endian",
    "it is read so, and sent back as it came",
    "captures/bios_ipxe_proxy; SMBIOS 3.6 section 7.2.1",
    ("dhcp/test_packet.py",),
)
HUGE_57 = Quirk(
    "huge-57",
    "UEFI says in its REQUEST that it takes 65,280 bytes (57)",
    "nobody is sent more than one Ethernet frame",
    "captures/uefi_server (OVMF 2022.11)",
    ("dhcp/test_packet.py",),
)
SECS_GARBAGE = Quirk(
    "secs-garbage",
    "GRUB's DISCOVER has 1285 in `secs`",
    "`secs` decides nothing",
    "GRUB 2.06's net_bootp, on our own wire",
    ("dhcp/test_quirks.py",),
)
BROADCAST_FLAG = Quirk(
    "broadcast-flag",
    "UEFI asks to be answered by broadcast, iPXE and GRUB do not and have no address yet",
    "the flag is obeyed; without it the answer is an Ethernet frame of our own to the machine's MAC",
    "captures/uefi_server, captures/uefi_ipxe; RFC 2131 section 4.1",
    ("dhcp/test_route.py", "dhcp/test_quirks.py"),
)
TWO_IDENTIFIERS = Quirk(
    "two-identifiers",
    "firmware sends no client identifier, the installer behind it `01` and its MAC",
    "that is one client with one address; an identifier that says more is a client of its own, with a second lease",
    "captures/uefi_server (OVMF 2022.11, udhcpc 1.35)",
    ("dhcp/test_lender.py",),
)
SIADDR_ALWAYS = Quirk(
    "siaddr-always",
    "GRUB and udhcpc look for their server at `siaddr` and send no options that would say so",
    "it is always set",
    "GRUB 2.06, udhcpc 1.35",
    ("dhcp/test_lender.py",),
)
NUL_67 = Quirk(
    "nul-67",
    "some ROMs read option 67 on beyond its length, and then ask for a name with 0xFF at its end",
    "option 67 ends with a NUL; see also `name-ends-in-ff`",
    "netboot.xyz#1198 (Jetway J7F4, Lenovo T460)",
    ("dhcp/test_lender.py", "dhcp/test_quirks.py"),
)
FILE_FIELD = Quirk(
    "file-field",
    "some ROMs, and U-Boot, read the boot file's name from BOOTP's `file` field and never from option 67",
    "the name is in both; one of 128 bytes or more is in option 67 alone",
    "siderolabs/booter#12",
    ("dhcp/test_lender.py", "dhcp/test_quirks.py"),
)
HTTP_ECHO = Quirk(
    "http-echo",
    "HTTP Boot takes only an answer with option 60 HTTPClient, and with a whole address in 67; it asks with HEAD before it GETs",
    "both are sent to it, and HEAD is answered",
    "captures/uefi_http (OVMF 2022.11); UEFI 2.10 section 24.7",
    ("dhcp/test_captures.py", "dhcp/test_quirks.py"),
)
BIOS_BYPASS = Quirk(
    "bios-bypass",
    "without option 60 PXEClient in an offer a BIOS ROM waits for a proxy (3 s, two DISCOVERs)",
    "it gets 60, and 43 with {6: 8}: load what is named here, look for nobody else",
    "captures/bios_ipxe_proxy (iPXE on BIOS); PXE 2.1 section 2.4.5",
    ("dhcp/test_lender.py", "dhcp/test_quirks.py"),
)
UEFI_67_ALONE = Quirk(
    "uefi-67-alone",
    "UEFI takes a whole offer with option 60 PXEClient for a boot server's and asks port 4011",
    "where pxeserve lends the address it gets option 67 alone, which it follows at once",
    "captures/uefi_server (OVMF 2022.11); edk2#8149",
    ("dhcp/test_lender.py", "dhcp/test_quirks.py"),
)
UEFI_ASKS_4011 = Quirk(
    "uefi-asks-4011",
    "UEFI beside another DHCP server asks a proxy that named no file for it on port 4011; where one was named, some asks all the same",
    "a proxy's offer names no file to it; the answer goes to its own port 4011",
    "captures/uefi_proxy (OVMF 2022.11); edk2#8149",
    ("dhcp/test_captures.py", "dhcp/test_quirks.py"),
)
IPXE_ASKS_AGAIN = Quirk(
    "ipxe-asks-again",
    "an iPXE that a proxy loaded asks that proxy again, and loads itself for ever when it is told the same",
    "it is told by 77 on ports 67 and 4011 alike, and takes its file from the offer",
    "captures/uefi_ipxe, captures/bios_ipxe_proxy (iPXE 1.0.0+git-20190125)",
    ("dhcp/test_captures.py", "dhcp/test_loops.py", "dhcp/test_quirks.py"),
)
BOTH_PORTS_4011 = Quirk(
    "4011-both-ports",
    "UEFI asks port 4011 from port 4011, BIOS ROMs and iPXE from 68",
    "the answer goes back to where the question came from",
    "captures/uefi_proxy, captures/bios_ipxe_proxy",
    ("dhcp/test_proxy.py",),
)
ASKS_4011_ALL_THE_SAME = Quirk(
    "4011-all-the-same",
    "some UEFI asks port 4011 though address and file came in one offer",
    "where pxeserve lends addresses it answers port 4011 too, if nobody else on the machine has it",
    "edk2#8149",
    ("dhcp/test_quirks.py", "supervisor/test_sockets.py"),
)
REQUEST_TOO = Quirk(
    "request-too",
    "a ROM takes the file's name from the ACK and not from the offer; one that took a proxy for its server sends it a REQUEST on port 67",
    "the ACK says all that the offer said; a proxy answers a REQUEST that names it as port 4011 would",
    "pixiecore#21; PXE 2.1 section 2.2.3",
    ("dhcp/test_lender.py", "dhcp/test_quirks.py"),
)
BOOT_ITEM = Quirk(
    "boot-item",
    "a ROM that chose a menu entry (option 43 {71}) wants it repeated",
    "it is",
    "iPXE on BIOS behind a boot menu, on our own wire; pixiecore#21",
    ("dhcp/test_proxy.py",),
)
SPLIT_OFFER = Quirk(
    "split-offer-ignored",
    "firmware hears the other server's address and a proxy's offer, and takes neither, or takes the address and never asks port 4011",
    "after two offers without an answer the file is in the offer itself; two later the first way is tried again, and each change is told",
    "bootimus#77 (HP, two offers, no REQUEST, no 4011); netboot#43 (HP DL380 Gen9); edk2#6944 (Dell T130, T430)",
    ("dhcp/test_quirks.py", "boot/story/test_other_ways.py"),
)
OFFER_IGNORED = Quirk(
    "option-43-ignored",
    "firmware passes over an offer with option 43, or over one without it",
    "after two offers without an answer the other way is tried, and each change is told",
    "edk2#8149 (with and without 43); netboot#43",
    ("dhcp/test_quirks.py", "boot/story/test_other_ways.py"),
    precaution=True,
)
LOOP = Quirk(
    "loop",
    "a machine that is named the same loader asks again and again: Secure Boot threw it out, or it is an iPXE that does not say so",
    "after three times in a minute it is named none, and the record says why",
    "xcat-core#7645; iPXE under a proxy, on our own wire",
    ("dhcp/test_loops.py",),
)

QUIRKS: tuple[Quirk, ...] = (
    IPXE_77, IPXE_NO_HTTP, NO_VENDOR_CLASS, NO_OPTION_93, ARCH_7_AND_9, ARCH_6, ARCH_LIST, NO_UUID, UUID_ORDER, HUGE_57, SECS_GARBAGE,
    BROADCAST_FLAG, TWO_IDENTIFIERS, SIADDR_ALWAYS, NUL_67, FILE_FIELD, HTTP_ECHO, BIOS_BYPASS, UEFI_67_ALONE, UEFI_ASKS_4011,
    IPXE_ASKS_AGAIN, BOTH_PORTS_4011, ASKS_4011_ALL_THE_SAME, REQUEST_TOO, BOOT_ITEM, SPLIT_OFFER, OFFER_IGNORED, LOOP,
)  # fmt: skip
