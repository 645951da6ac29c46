"""Elements, attributes and scripts that come to nothing, or to something else, without a word."""

from __future__ import annotations

from pxeserve.answerfile.finding import Severity
from tests.answerfile.lint.samples import ALL, DHCP, MODERN, NAMED, OLD, SOURCE, STATIC
from tests.answerfile.lint.spoiling import KEYMAP, NEVER_READ, Case, more, since, until

W, I = Severity.WARNING, Severity.INFO  # noqa: E741

ATTRIBUTES_OF_ROOT = [
    Case(ALL, "<installation>", '<installation colour="red">', "XA-011", W, "colour", "ignored without a word"),
    Case(ALL, "<installation>", '<installation srtyp="lvm">', "XA-011", W, "srtyp", "did you mean sr"),
    Case(until("5.6"), "<installation>", '<installation sr-type="lvm">', "XA-011", W, "sr-type", "calls it srtype"),
    Case(ALL[:-1], "<installation>", '<installation ssh-mode="on">', "XA-011", W, "ssh-mode", "ignored"),
    Case(("xcp-8.3",), "<installation>", '<installation netinstall-gpg-check="no">', "XA-011", W, "netinstall", "have taken its place"),
    Case(("8.2", "xs8", "xs9"), "<installation>", '<installation gpgcheck="no">', "XA-011", W, "gpgcheck", "read by xcp-8.3"),
    Case(ALL, "<installation>", '<installation xmlns:x="y">', "XA-014", I, "xmlns:x", "namespaces"),
    Case(NAMED, "<installation>", '<installation srtype="lvm" sr-type="ext">', "XA-064", W, "srtype", "sr-type stands there too"),
    Case(ALL, "<installation>", '<installation timezone="UTC">', "XA-031", W, "timezone", "never as an attribute"),
]
ELEMENTS = [
    Case(ALL, KEYMAP, "<keymaps>us</keymaps>", "XA-020", W, "<keymaps>", "did you mean <keymap>?"),
    Case(ALL, KEYMAP, "<Keymap>us</Keymap>", "XA-020", W, "<Keymap>", "did you mean <keymap>?"),
    Case(ALL, KEYMAP, "<xyzzy>us</xyzzy>", "XA-020", W, "<xyzzy>", "leave it out"),
    Case(ALL, KEYMAP, "<k:keymap xmlns:k='x'>us</k:keymap>", "XA-020", W, "<k:keymap", "ignored"),
    Case(ALL, DHCP, STATIC.replace("<ip>", "<netmask>24</netmask><ip>"), "XA-020", W, "<netmask>", "did you mean <subnet-mask>?"),
    more(ALL, "<existing-installation>sda</existing-installation>", "XA-021", W, "<existing", "not read in mode fresh"),
    more(since("6.2"), "<backup-disk>sda</backup-disk>", "XA-021", W, "<backup-disk>", "restore"),
    more(ALL[:-1], "<ssh-mode>on</ssh-mode>", "XA-022", W, "<ssh-mode>", "read by xs9"),
    more(("xs9",), "<network-backend>bridge</network-backend>", "XA-022", W, "<network-backend>", "read by 5.6 to xcp-8.3"),
    more(until("5.5"), "<network-backend>bridge</network-backend>", "XA-022", W, "<network-backend>", "ignores it without a word"),
    more(("8.2", "xs8", "xs9"), '<raid device="md127"/>', "XA-022", W, "<raid", "xcp-8.2 and xcp-8.3"),
    more(until("5.6"), "<name-server>192.0.2.1</name-server>", "XA-022", W, "<name-server>", "calls it <nameserver>"),
    more(until("5.0"), "<driver-source type='local'/>", "XA-022", W, "<driver-source", "5.5 and later"),
    more(until("7.1"), "<service name='sshd' state='disabled'/>", "XA-022", W, "<service", "8.2 and later"),
    more(until("8.2"), '<ntp source="none"/>', "XA-022", W, "<ntp ", "and later"),
    more(("xs9", "xs8", "4.1"), "<zap-utility-partitions/>", "XA-022", W, "<zap", "6.0 to xcp-8.2"),
    more(ALL, "<guest-disks><guest-disk>disk/by-id/b</guest-disk></guest-disks>", "XA-024", I, "<guest-disks>", "what stands in it counts"),
    more(ALL, "<network><hostname>xen01</hostname></network>", "XA-025", W, "<network>", "what stands in it counts"),
    Case(
        ALL, KEYMAP, "<hostname>xen01<keymap>us</keymap></hostname>", "XA-025", W, "<keymap>", "counts as if it stood below <installation>"
    ),
    Case(
        ALL,
        DHCP,
        '<admin-interface hwaddr="52:54:00:77:00:01" proto="dhcp"><proto>static</proto></admin-interface>',
        "XA-026",
        W,
        "<proto>",
        "an attribute of <admin-interface>",
    ),
    more(ALL, "<proto>static</proto>", "XA-026", W, "<proto>", "an attribute of <admin-interface>"),
    more(ALL, "<mode>upgrade</mode>", "XA-026", W, "<mode>", "an attribute of <installation>"),
    more(ALL, "<srtype>ext</srtype>", "XA-026", W, "<srtype>", "an attribute of <installation>"),
    *[more(ALL, f"<{name}>x</{name}>", "XA-027", W, f"<{name}>", "no element of any installer") for name in NEVER_READ],
    more(ALL, "<gateway>192.0.2.1</gateway>", "XA-028", W, "<gateway>", "only within <admin-interface>"),
    Case(
        ALL, DHCP, DHCP.replace("/>", "><ip>192.0.2.5</ip></admin-interface>"), "XA-029", W, "<ip>", "proto of <admin-interface> is 'dhcp'"
    ),
    Case(ALL, DHCP, DHCP + STATIC, "XA-029", W, "<ip>", "the <admin-interface> that holds it"),
    Case(ALL, SOURCE, '<source type="local">http://192.0.2.1/disc</source>', "XA-029", W, "http:", "its text is not read"),
    Case(until("5.6"), KEYMAP, KEYMAP + "<keymap>de</keymap>", "XA-061", W, "<keymap>", "none of them counts"),
    more(until("5.6"), "<hostname>a</hostname><hostname>b</hostname>", "XA-061", W, "<hostname>", "none of them counts"),
    more(
        ALL,
        "<post-install-script>http://a/b</post-install-script><post-install-script>http://a/c</post-install-script>",
        "XA-061",
        W,
        "<post",
        "none of them",
    ),
    Case(
        ALL,
        "<primary-disk>",
        "<primary-disk>disk/by-id/b</primary-disk><primary-disk>",
        "XA-062",
        W,
        "</primary-disk>|<primary-disk>",
        "only the first counts",
    ),
    Case(NAMED, KEYMAP, KEYMAP + "<keymap>de</keymap>", "XA-062", W, "/keymap>|<keymap>", "only the first counts"),
    Case(until("7.0"), SOURCE, SOURCE + "<source type='local'/>", "XA-062", W, "<source type='local'", "takes the first alone"),
    Case(NAMED, DHCP, STATIC.replace("<ip>", "<ipaddr>192.0.2.6</ipaddr><ip>"), "XA-062", W, "<ipaddr>", "a <ip>, which counts first"),
    more(
        NAMED,
        "<nameserver>192.0.2.1</nameserver><name-server>192.0.2.2</name-server>",
        "XA-065",
        I,
        "<nameserver>",
        "all <name-server> come before",
    ),
]
ATTRIBUTES = [
    Case(OLD, "<root-password>", '<root-password type="plaintext">', "XA-030", I, 'type="plaintext', "which is what it says"),
    Case(ALL, DHCP, DHCP.replace('"dhcp"', '"dhcp" ip="192.0.2.5"'), "XA-031", W, "ip=", "never as an attribute"),
    Case(ALL, DHCP, STATIC.replace('"static"', '"static" gateway="192.0.2.5"'), "XA-031", W, "gateway=", "never as an attribute"),
    Case(until("7.1"), DHCP, DHCP.replace('"dhcp"', '"dhcp" vlan="5"'), "XA-032", W, "vlan", "read by 8.2 and later"),
    Case(until("6.0"), DHCP, DHCP.replace('"dhcp"', '"dhcp" protov6="dhcp"'), "XA-032", W, "protov6", "ignores it without a word"),
    Case(NAMED, DHCP, DHCP.replace("hwaddr", 'name="eth0" hwaddr'), "XA-032", W, "hwaddr", "name decides alone"),
    Case(ALL[:-1], SOURCE, SOURCE.replace('"url"', '"url" verify="no"'), "XA-032", W, "verify", "not an attribute of <source>"),
    Case(ALL[:-1], "<primary-disk>", '<primary-disk fs-type="ext4">', "XA-032", W, "fs-type", "read by xs9"),
    Case(until("5.6"), "<primary-disk>", '<primary-disk guest-storage="no">', "XA-032", W, "guest-storage", "calls it gueststorage"),
    more(
        until("5.0"),
        '<post-install-script type="url">http://a/b</post-install-script>',
        "XA-032",
        I,
        'type="url">http://a',
        "which is what it says",
    ),
]
SCRIPTS = [
    more(("5.6",), '<script stage="installation-start" type="url">http://a/b</script>', "XA-052", W, "stage", "never comes"),
    more(MODERN, '<script stage="late" type="url">http://a/b</script>', "XA-052", W, "stage", "stored and never run"),
    more(MODERN[:-1], '<script stage="packages-installed" type="url">http://a/b</script>', "XA-052", W, "stage", "never comes"),
    more(MODERN, '<script stage="filesystem_populated" type="url">http://a/b</script>', "XA-052", W, "stage", "filesystem-populated"),
    more(("5.6",), "<script>http://a/b</script>", "XA-052", W, "<script>", "no stage, which is taken"),
    more(MODERN, "<install-failed-script>http://a/b</install-failed-script>", "XA-059", W, "<install-failed", "after success as well"),
    more(("5.6",), '<script stage="filesystem-populated" type="nfs">server:/a/b</script>', "XA-058", W, "server:", "not heeded"),
    more(("4.1", "5.0", "6.0"), '<post-install-script type="nfs">server:/a/b</post-install-script>', "XA-058", W, "server:", "not heeded"),
]
ROOTS = [
    Case(until("5.6"), "<installation>", "<install>", "XA-010", W, "<install>", "later ones refuse it"),
    Case(NAMED, "<installation>", "<upgrade>", "XA-010", W, "<upgrade>", "mode decides, and it is fresh"),
    Case(until("5.6"), "<installation>", "<upgrade>", "XA-010", W, "<upgrade>", "mode decides, and it is fresh"),
    Case(until("5.6"), "<installation>", "<restore>", "XA-010", W, "<restore>", "only by hand"),
]
