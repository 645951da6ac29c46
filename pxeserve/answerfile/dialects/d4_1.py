"""XenServer 4.0 and 4.1 (host-installer 23fe203cd660, 2008-03): where the list begins, all elements spelt out.

Functions of Python 2 that know nothing but the names they ask for: what is missing is "list index out of range".
"""

from __future__ import annotations

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects.shape import Attribute, Counts, Dialect, Element, Holds, Otherwise, Said, Value
from pxeserve.answerfile.dialects.steps import Step

INDEX_ERROR = Said("IndexError", "list index out of range")
NO_SOURCE = Said("AnswerfileError", "No source media specified.")
BAD_SR_TYPE = Said("RuntimeError", "Specified SR Type unknown.  Should be 'lvm' or 'ext'")

NO_INTERFACE = Said("RuntimeError", "Interface {value} not found")
NO_MAC = Said("RuntimeError", "{value} interfaces matching the MAC specified for the management interface.")

YES = ("yes", "true")
STATIC = 'read when proto is "static"'

ROOT = Element(
    "installation",
    (),
    "The outermost element; any name is taken.",
    attributes=(
        Attribute(
            "mode", ("mode",), Value(Holds.WORD, ("fresh", "reinstall", "upgrade"), "fresh", Otherwise.REFUSED), means="what is done"
        ),
        Attribute(
            "sr-type", ("srtype",), Value(Holds.WORD, ("lvm", "ext"), "lvm", Otherwise.REFUSED, BAD_SR_TYPE), means="type of the local SR"
        ),
    ),
)

PRIMARY_DISK = Element(
    "primary-disk",
    ("primary-disk",),
    "The disk to install on.",
    text=Value(Holds.DISK, note="/dev/ is always put in front: write it without"),
    attributes=(
        Attribute(
            "guest-storage",
            ("gueststorage",),
            Value(Holds.YES_NO, YES, "yes", Otherwise.NO, any_case=True),
            means="the rest of this disk joins the local SR",
        ),
    ),
    missing=INDEX_ERROR,
)

ADMIN_INTERFACE = Element(
    "admin-interface",
    ("admin-interface",),
    "The management interface.",
    attributes=(
        Attribute(
            "name",
            ("name",),
            Value(Holds.NIC, otherwise=Otherwise.REFUSED, says=NO_INTERFACE, note="has to be there; hwaddr is not read beside it"),
            means="by its name",
        ),
        Attribute(
            "hwaddr",
            ("hwaddr",),
            Value(Holds.MAC, otherwise=Otherwise.REFUSED, says=NO_MAC, note="has to be there, in small letters"),
            means="by its MAC address",
        ),
        Attribute(
            "proto",
            ("proto",),
            Value(Holds.WORD, ("static", "dhcp"), None, Otherwise.IDLE, note="another leaves the network unset"),
            means="how it gets its address",
        ),
    ),
    missing=INDEX_ERROR,
)

_ELEMENTS = (
    PRIMARY_DISK,
    Element("guest-disk", ("guest-disk",), "A further disk for the local SR.", Counts.EACH, Value(Holds.DISK)),
    Element(
        "existing-installation",
        ("existing-installation",),
        "The disk that carries the installation.",
        text=Value(Holds.DISK, note="compared letter by letter with /dev/ and the name of the disk"),
        missing=INDEX_ERROR,
    ),
    Element(
        "source",
        ("source",),
        "Where the packages come from.",
        text=Value(Holds.ADDRESS),
        attributes=(
            Attribute(
                "type",
                ("type",),
                Value(Holds.WORD, ("url", "nfs", "local"), None, Otherwise.REFUSED, NO_SOURCE),
                NO_SOURCE,
                "what the text is",
            ),
        ),
        missing=NO_SOURCE,
    ),
    ADMIN_INTERFACE,
    Element("ipaddr", ("ip",), "Its address.", text=Value(Holds.IPV4), parent="admin-interface", missing=INDEX_ERROR, note=STATIC),
    Element("subnet", ("subnet-mask",), "Its netmask.", text=Value(Holds.MASK), parent="admin-interface", missing=INDEX_ERROR, note=STATIC),
    Element("gateway", ("gateway",), "Its router.", text=Value(Holds.IPV4), parent="admin-interface", missing=INDEX_ERROR, note=STATIC),
    Element(
        "root-password",
        ("root-password",),
        "Root's password, in plain text.",
        text=Value(Holds.PASSWORD, note="a hash would itself become the password"),
        missing=INDEX_ERROR,
    ),
    Element("name-server", ("nameserver",), "A name server.", Counts.EACH, Value(Holds.IPV4)),
    Element("hostname", ("hostname",), "The host's name.", Counts.LONE, Value(Holds.HOST_NAME)),
    Element("timezone", ("timezone",), "The time zone.", text=Value(Holds.ZONE), missing=INDEX_ERROR),
    Element("ntp-server", ("ntp-servers",), "A time server: one in each, for all the name's plural.", Counts.EACH, Value(Holds.SERVER)),
    Element("keymap", ("keymap",), "The console's keymap.", Counts.LONE, Value(Holds.KEYMAP, default="us")),
    Element(
        "post-install-script", ("post-install-script",), "A script to run before the disks are unmounted.", Counts.LONE, Value(Holds.SCRIPT)
    ),
    Element(
        "bootloader",
        ("bootloader",),
        "The boot loader.",
        Counts.LONE,
        Value(Holds.WORD, ("grub", "extlinux"), "grub", Otherwise.IGNORED),
    ),
)

_SETTINGS = (
    Step.SOURCE_PLAIN,
    Step.INTERFACE_4_1,
    Step.PASSWORD_PLAIN,
    Step.NAME_SERVERS,
    Step.HOST_NAME_LONE,
    Step.ZONE_REQUIRED,
    Step.NTP_SERVERS,
    Step.KEYMAP_LONE,
    Step.HOOK_PLAIN,
    Step.BOOTLOADER_PLAIN,
)

DIALECT = Dialect(
    name="4.1",
    product="XenServer 4.0 and 4.1",
    source="XenServer 4.1 installer (host-installer 23fe203cd660), answerfile.py",
    predecessor=None,
    python=2,
    roots=(),
    root=ROOT,
    elements={element.key: element for element in _ELEMENTS},
    before=(),
    order={
        Mode.FRESH: (Step.SR_TYPE_PLAIN, Step.PRIMARY_PLAIN, Step.GUESTS_PLAIN, *_SETTINGS),
        Mode.REINSTALL: (Step.EXISTING_PLAIN, *_SETTINGS),
        Mode.UPGRADE: (Step.EXISTING_PLAIN, Step.SOURCE_PLAIN, Step.HOOK_PLAIN, Step.BOOTLOADER_PLAIN),
    },
    bad_root=None,
    bad_mode=Said("UnboundLocalError", "local variable 'results' referenced before assignment"),
    not_xml=None,
    trims=False,
    ascii_texts=True,
    ascii_attributes=False,
    dialog_closes=False,
    dev_always=True,
)
