"""How 4.1 refuses."""

from __future__ import annotations

from tests.answerfile.reading.cases.case import BARE, DISK, MACHINE, NIC, PASSWORD, SOURCE, STATIC, Case, changed

INDEX = ("IndexError", "list index out of range")
_LOCATE = ("AnswerfileError", "Could not locate the installation specified to be reinstalled.")
_NO_SOURCE = ("AnswerfileError", "No source media specified.")
REINSTALL, UPGRADE = '<installation mode="reinstall">', '<installation mode="upgrade">'
EXISTING = (DISK, "<existing-installation>sda</existing-installation>")


def static(old: str, new: str = "") -> str:
    """A static interface, changed."""
    assert old in STATIC
    return changed((NIC, STATIC.replace(old, new)))


def nic(attributes: str) -> str:
    """An interface with these attributes."""
    return changed((NIC, f"<admin-interface {attributes}/>"))


CASES = {
    "a mode that it does not know": Case(
        changed(root='<installation mode="restore">'),
        "UnboundLocalError",
        "local variable 'results' referenced before assignment",
        "installation",
    ),
    "an SR type that it does not know": Case(
        changed(root='<installation srtype="nfs">'), "RuntimeError", "Specified SR Type unknown.  Should be 'lvm' or 'ext'", "installation"
    ),
    "no primary disk": Case(changed((DISK, "")), *INDEX, "installation"),
    "no admin interface": Case(changed((NIC, "")), *INDEX, "installation"),
    "no root password": Case(changed((PASSWORD, "")), *INDEX, "installation"),
    "no time zone": Case(changed(("<timezone>Europe/London</timezone>", "")), *INDEX, "installation"),
    "a time zone of another name": Case(
        changed(("<timezone>Europe/London</timezone>", "<time-zone>Europe/London</time-zone>")), *INDEX, "installation"
    ),
    "no existing installation": Case(changed(root=REINSTALL), *INDEX, "installation"),
    "no existing installation to upgrade": Case(changed(root=UPGRADE), *INDEX, "installation"),
    "an installation that is not there": Case(
        changed((DISK, "<existing-installation>sdb</existing-installation>"), root=UPGRADE), *_LOCATE, "existing-installation", MACHINE
    ),
    "no installation at all": Case(changed(EXISTING, root=REINSTALL), *_LOCATE, "existing-installation", BARE),
    "an installation with /dev/": Case(
        changed((DISK, "<existing-installation>/dev/sda</existing-installation>"), root=UPGRADE), *_LOCATE, "existing-installation"
    ),
    "an installation by identity": Case(
        changed((DISK, "<existing-installation>disk/by-id/one</existing-installation>"), root=UPGRADE), *_LOCATE, "existing-installation"
    ),
    "an installation on a line of its own": Case(
        changed((DISK, "<existing-installation>\nsda\n</existing-installation>"), root=UPGRADE), *_LOCATE, "existing-installation"
    ),
    "no source": Case(changed((SOURCE, "")), *_NO_SOURCE, "installation"),
    "a source of an unknown type": Case(changed(('type="url"', 'type="ftp"')), *_NO_SOURCE, "source"),
    "a source without type": Case(changed((' type="url"', "")), *_NO_SOURCE, "source"),
    "a source in capitals": Case(changed(('type="url"', 'type="URL"')), *_NO_SOURCE, "source"),
    "no address": Case(static("<ip>192.0.2.9</ip>"), *INDEX, "admin-interface"),
    "an address in the later spelling": Case(static("<ip>192.0.2.9</ip>", "<ipaddr>192.0.2.9</ipaddr>"), *INDEX, "admin-interface"),
    "an address as an attribute": Case(nic('name="eth0" proto="static" ip="192.0.2.9"'), *INDEX, "admin-interface"),
    "no netmask": Case(static("<subnet-mask>255.255.255.0</subnet-mask>"), *INDEX, "admin-interface"),
    "a netmask of another name": Case(
        static("<subnet-mask>255.255.255.0</subnet-mask>", "<netmask>255.255.255.0</netmask>"), *INDEX, "admin-interface"
    ),
    "no gateway": Case(static("<gateway>192.0.2.1</gateway>"), *INDEX, "admin-interface"),
    "an interface that is not there": Case(
        nic('name="eth7" proto="dhcp"'), "RuntimeError", "Interface eth7 not found", "admin-interface", MACHINE
    ),
    "a MAC that is not there": Case(
        nic('hwaddr="52:54:00:77:00:09" proto="dhcp"'),
        "RuntimeError",
        "0 interfaces matching the MAC specified for the management interface.",
        "admin-interface",
        MACHINE,
    ),
    "a MAC that is there twice": Case(
        nic('hwaddr="52:54:00:77:00:02" proto="dhcp"'),
        "RuntimeError",
        "2 interfaces matching the MAC specified for the management interface.",
        "admin-interface",
        MACHINE,
    ),
    "a MAC in capitals": Case(
        nic('hwaddr="52:54:00:AA:00:01" proto="dhcp"'),
        "RuntimeError",
        "0 interfaces matching the MAC specified for the management interface.",
        "admin-interface",
    ),
    "neither name nor MAC": Case(nic('proto="dhcp"'), "AssertionError", "", "admin-interface"),
    "one letter that is not ASCII": Case(
        changed(("secret1", "secrét")),
        "UnicodeEncodeError",
        "'ascii' codec can't encode character u'\\xe9' in position 4: ordinal not in range(128)",
        "root-password",
    ),
    "three letters that are not ASCII": Case(
        changed(("secret1", "a€öü")),
        "UnicodeEncodeError",
        "'ascii' codec can't encode characters in position 1-3: ordinal not in range(128)",
        "root-password",
    ),
    "a letter beyond the first plane": Case(
        changed(("Europe/London", "\U0001f600")),
        "UnicodeEncodeError",
        "'ascii' codec can't encode character u'\\U0001f600' in position 0: ordinal not in range(128)",
        "timezone",
    ),
}
