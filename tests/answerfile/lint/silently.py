"""What installers take without a word: tables of how the good file is spoilt, with the finding that has to come, and where.

What the reference says is "silently", "ignored", "kept", "not checked" or "logged" in some generation has a row here.
"""

from __future__ import annotations

from typing import NamedTuple

from pxeserve.answerfile.finding import Severity
from tests.answerfile.lint.samples import ALL, DHCP, END, HASH, HASHED, MODERN, NAMED, OLD, PLAIN, SOURCE, STATIC, spoilt

W, I = Severity.WARNING, Severity.INFO  # noqa: E741


class Case(NamedTuple):
    """What is exchanged for what, in the good file of some generations, and the finding: code, grave, where, and what it says."""

    dialects: tuple[str, ...]
    old: str
    new: str
    code: str
    severity: Severity
    at: str
    says: str


def more(dialects: tuple[str, ...], element: str, code: str, severity: Severity, at: str, says: str) -> Case:
    """An element more."""
    return Case(dialects, END, f"{element}{END}", code, severity, at, says)


def since(name: str) -> tuple[str, ...]:
    return ALL[ALL.index(name) :]


def until(name: str) -> tuple[str, ...]:
    return ALL[: ALL.index(name) + 1]


def between(first: str, last: str) -> tuple[str, ...]:
    return ALL[ALL.index(first) : ALL.index(last) + 1]


NEVER_READ = (
    "license", "eula", "pool-token", "time-config-method", "install-xen64", "filesystem-populated-script", "xenserver-network-backend",
)  # fmt: skip
HASHES = (HASH, "$1$salt$abcdefghijklmnopqrstuv", "$5$salt$abc", "$y$j9T$abc", "!!")
KEYMAP = "<keymap>us</keymap>"
ZONE = "<timezone>Europe/London</timezone>"
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
VALUES = [
    Case(("4.1",), DHCP, DHCP.replace("dhcp", "bootp"), "XA-033", W, "proto", "leaves the network unset"),
    Case(("4.1",), DHCP, DHCP.replace(' proto="dhcp"', ""), "XA-033", W, "<admin-interface", "leaves the network unset"),
    Case(since("6.2"), DHCP, DHCP.replace('"dhcp"', '"DHCP" protov6="dhcp"'), "XA-033", W, "proto=", "leaves IPv4 unset"),
    *[
        Case(ALL, "<primary-disk>", f'<primary-disk gueststorage="{word}">', "XA-036", W, "gueststorage", "means no")
        for word in ("1", "on", "y", "enabled")
    ],
    Case(ALL, "<primary-disk>", '<primary-disk gueststorage="0">', "XA-036", I, "gueststorage", "means no"),
    Case(("xcp-8.3",), SOURCE, SOURCE.replace('"url"', '"url" gpgcheck="1"'), "XA-036", W, "gpgcheck", "means no"),
    Case(("xs8", "xs9"), "<primary-disk>", '<primary-disk swraid="1">', "XA-036", W, "swraid", "means no"),
    more(since("7.1"), '<bootloader write-boot-entry="on"/>', "XA-036", W, "write-boot-entry", "means no"),
    more(until("5.6"), "<bootloader>lilo</bootloader>", "XA-039", W, "lilo", "as if it had not been said"),
    more(until("5.6"), "<bootloader>GRUB</bootloader>", "XA-039", W, "GRUB", "as if it had not been said"),
    more(("5.6",), '<bootloader location="here">grub</bootloader>', "XA-039", W, "location", "as if it had not been said"),
    more(between("6.0", "xcp-8.3"), "<network-backend>ovs</network-backend>", "XA-039", W, "ovs", "as if it had not been said"),
    more(("xs9",), "<ssh-mode>perhaps</ssh-mode>", "XA-039", W, "perhaps", "as if it had not been said"),
    Case(since("6.2"), DHCP, DHCP.replace('"dhcp"', '"dhcp" protov6="slaac"'), "XA-039", W, "protov6", "as if it had not been said"),
    more(("xs8", "xcp-8.3", "xs9"), '<ntp source="manual"/>', "XA-054", W, 'source="manual"', "from nowhere"),
    *[
        more(
            since("7.1"),
            f"<ui-confirmation-prompt>{word}</ui-confirmation-prompt>",
            "XA-082",
            W,
            f">|{word}</ui",
            "any text at all means yes",
        )
        for word in ("false", "no", "0", "No", "off")
    ],
    more(since("7.1"), "<ui-confirmation-prompt>true</ui-confirmation-prompt>", "XA-080", W, ">|true</ui", "wait for a person"),
]
TEXTS = [
    Case(ALL, "<installation>", "<!DOCTYPE installation><installation>", "XA-005", I, "<!DOCTYPE", "leave it out"),
    Case(ALL, "us</keymap>", "<![CDATA[us]]></keymap>", "XA-040", W, "<![CDATA[", "nothing at all"),
    Case(ALL, "Europe/London", "Europe/<![CDATA[Paris]]>London", "XA-040", W, "Europe/", "what counts is 'Europe/London'"),
    more(
        OLD,
        "<post-install-script>\nhttp://192.0.2.1/hook\n</post-install-script>",
        "XA-042",
        W,
        "http://192.0.2.1/hook",
        "nothing is found there",
    ),
    Case(OLD, "http://192.0.2.1/disc", "\n    http://192.0.2.1/disc\n  ", "XA-042", W, "http:", "nothing is found there"),
    Case(OLD, "s3cretword", " s3cretword", "XA-042", W, "s3cretword", "part of the password"),
    Case(OLD, "us</keymap>", "us </keymap>", "XA-042", W, "us ", "'us '"),
    Case(ALL, "us</keymap>", "</keymap>", "XA-045", W, "<keymap>", "is empty"),
    Case(ALL, "http://192.0.2.1/disc", "", "XA-045", W, "<source", "is empty"),
    Case(ALL, "Europe/London", "  ", "XA-045", W, "<timezone>", "is empty"),
    *[
        Case(ALL, "/disc", f"/{mark}", "XA-051", W, "http", "a template")
        for mark in ("{{ medium }}", "${MEDIUM}", "&lt;%= medium %>", "@@MEDIUM@@")
    ],
    Case(
        ALL,
        DHCP,
        DHCP.replace("52:54:00:77:00:01", "{{ mac }}").replace("hwaddr=", 'name="eth0" hwaddr='),
        "XA-051",
        W,
        "hwaddr",
        "a template",
    ),
    more(ALL[:-1], "<xyzzy>Zürich</xyzzy>", "XA-041", I, "Zürich", "harmless only because"),
    more(ALL[:-1], "<existing-installation>Zürich</existing-installation>", "XA-041", I, "Zürich", "harmless only because"),
]
SENSE = [
    Case(ALL, DHCP, STATIC.replace("192.0.2.5", "192.0.2.999"), "XA-044", W, "192.0.2.999", "no IPv4 address"),
    Case(ALL, DHCP, STATIC.replace("192.0.2.1", "router"), "XA-044", W, "router", "no IPv4 address"),
    Case(ALL, DHCP, STATIC.replace("255.255.255.0", "24"), "XA-044", W, ">|24<", "a prefix length"),
    Case(ALL, DHCP, STATIC.replace("255.255.255.0", "255.0.255.0"), "XA-044", W, "255.0.255.0", "not in one piece"),
    more(ALL, "<nameserver>dns.example.com</nameserver>", "XA-044", W, "dns.", "no IPv4 address"),
    more(ALL, "<hostname>xen_01</hostname>", "XA-044", W, "xen_01", "no host name"),
    more(ALL, "<ntp-servers>ntp one</ntp-servers>", "XA-044", W, "ntp one", "neither a name nor an address"),
    Case(ALL, "Europe/London", "London", "XA-044", W, ">|London", "no time zone that is known"),
    Case(ALL, "Europe/London", "europe/london", "XA-044", W, "europe/", "letter by letter"),
    Case(ALL, "Europe/London", "GMT + 1", "XA-044", W, "GMT", "no time zone"),
    Case(ALL, "us</keymap>", "the us one</keymap>", "XA-044", W, "the us", "no keymap"),
    Case(
        since("6.2"),
        DHCP,
        DHCP.replace('"dhcp"/>', '"none" protov6="static"><ipv6>2001:db8::5</ipv6><gatewayv6>fe80::1</gatewayv6></admin-interface>'),
        "XA-044",
        W,
        "2001",
        "without its prefix",
    ),
    Case(
        since("6.2"),
        DHCP,
        DHCP.replace('"dhcp"/>', '"none" protov6="static"><ipv6>2001:db8::5/64</ipv6><gatewayv6>::g</gatewayv6></admin-interface>'),
        "XA-044",
        W,
        "::g",
        "no IPv6 address",
    ),
    Case(("6.0",), ZONE, "", "XA-044", W, "<installation>", "a zone called None"),
    Case(ALL, DHCP, STATIC.replace("192.0.2.1<", "198.51.100.1<"), "XA-081", W, "198.51", "not in the network"),
    Case(ALL, DHCP, STATIC.replace("192.0.2.1<", "192.0.2.5<"), "XA-081", W, "<gateway>|192", "the host's own address"),
    Case(ALL, DHCP, STATIC.replace("192.0.2.5", "192.0.2.255"), "XA-081", W, "192.0.2.255", "which no host may have"),
]
DISKS = [
    Case(OLD, "disk/by-id/ata-one", "/dev/sda", "XA-043", W, "/dev/sda", "/dev//dev/sda"),
    more(OLD, "<guest-disk>/dev/sdb</guest-disk>", "XA-043", W, "/dev/sdb", "/dev//dev/sdb"),
    *[Case(ALL, "disk/by-id/ata-one", disk, "XA-066", I, disk, "is a guess") for disk in ("sda", "nvme0n1", "vda", "hda")],
    Case(MODERN, "disk/by-id/ata-one", "/dev/sda", "XA-066", I, "/dev/sda", "disk/by-id"),
    Case(ALL[:-1][:11], "disk/by-id/ata-one", "sda1", "XA-044", W, "sda1", "a partition, and no disk"),
    Case(OLD, "disk/by-id/ata-one", "sda sdb", "XA-044", W, "sda sdb", "no disk"),
    more(until("6.2"), "<guest-disk>disk/by-id/ata-one</guest-disk>", "XA-088", W, "<guest-disk>", "takes it twice"),
    more(
        since("6.5"),
        "<guest-disk>disk/by-id/b</guest-disk><guest-disk>disk/by-id/b</guest-disk>",
        "XA-088",
        I,
        "sk>|<guest-disk>",
        "counts once",
    ),
    Case(ALL, "<primary-disk>", '<primary-disk gueststorage="no">', "XA-083", I, "gueststorage", "no local SR"),
    Case(NAMED, "<installation>", '<installation mode="reinstall">', "XA-084", I, "mode", "a fresh installation"),
    more(
        between("6.0", "xcp-8.2"),
        '<initial-partitions><partition number="1" size="9" id="0x83"/></initial-partitions>',
        "XA-085",
        W,
        "<partition ",
        "skip every partition",
    ),
    more(
        ("5.6",),
        '<initial-partitions><partition number="1" size="all" id="0x83"/></initial-partitions>',
        "XA-085",
        W,
        "<partition ",
        "size is no number",
    ),
    more(
        ("5.6",),
        '<initial-partitions><partition number="1" size="9" id="0x83"/></initial-partitions>',
        "XA-086",
        I,
        "<initial",
        "vendor's own lab",
    ),
    Case(MODERN, "<primary-disk>", '<primary-disk sr-at-end="no">', "XA-086", I, "sr-at-end", "vendor's own lab"),
]
NETWORK = [
    Case(ALL, DHCP, DHCP.replace('hwaddr="52:54:00:77:00:01"', 'name="eth0"'), "XA-067", I, "name=", "a guess"),
    Case(
        between("6.0", "xcp-8.3"), DHCP, DHCP.replace('hwaddr="52:54:00:77:00:01"', 'name="eth7"'), "XA-067", I, "name=", "fails half-way"
    ),
    Case(NAMED, DHCP, DHCP.replace("52:54:00:77:00:01", "52-54-00-77-00-01"), "XA-069", W, "hwaddr", "no MAC address"),
    Case(NAMED, DHCP, DHCP.replace("52:54:00:77:00:01", "eth0"), "XA-069", W, "hwaddr", "no MAC address"),
]
PASSWORDS = [
    Case(OLD, PLAIN, HASHED, "XA-048", W, 'type="hash', "the hash itself would become root's password"),
    Case(OLD, "s3cretword", HASH, "XA-048", W, "$6$", "the hash itself would become root's password"),
    Case(OLD, "s3cretword", "!!", "XA-048", W, "!!", "the hash itself would become root's password"),
    *[Case(MODERN, HASHED, f"<root-password>{kind}</root-password>", "XA-048", W, "<root-password>", "type is missing") for kind in HASHES],
    Case(MODERN, '"hash"', '"plaintext"', "XA-048", W, "<root-password", "the hash itself"),
    Case(OLD, "s3cretword", "longerword", "XA-075", I, "longerword", "the only way"),
    Case(MODERN, HASHED, PLAIN, "XA-075", W, "s3cretword", "plain text"),
    Case(MODERN, HASH, "s3cretword", "XA-078", W, "s3cretword", "nobody can log in"),
    Case(MODERN[:-1], HASH, "$y$j9T$abc$def", "XA-078", W, "$y$", "nobody can log in"),
    Case(ALL[:3], "s3cretword", "short", "XA-079", I, "short", "fewer than 6"),
    Case(MODERN, HASH, "$1$salt$abcdefghijklmnopqrstuv", "XA-079", I, "$1$", "quickly guessed"),
    Case(MODERN, HASH, "!!", "XA-080", W, "!!", "the first boot waits"),
    Case(("5.6", *since("6.2")), HASHED, "", "XA-080", W, "<installation>", "the first boot waits"),
    Case(("6.0",), HASHED, "", "XA-076", W, "<installation>", "stops half-way"),
]
ADDRESSES = [
    Case(until("6.0"), "http:", "https:", "XA-046", W, "https", "6.2"),
    more(
        ("5.6", "6.0"), '<script stage="filesystem-populated" type="url">https://a/b</script>', "XA-046", W, "https", "Unknown source type."
    ),
    Case(ALL, SOURCE, '<source type="nfs">192.0.2.1</source>', "XA-047", W, "192.0.2.1", "not server:/path"),
    Case(ALL, SOURCE, '<source type="nfs">nfs://192.0.2.1:/disc</source>', "XA-047", W, "nfs://", "not server:/path"),
    Case(NAMED, SOURCE, '<source type="url">nfs://192.0.2.1/disc</source>', "XA-047", W, "nfs://", "not server:/path"),
    more(
        since("6.2"),
        '<script stage="filesystem-populated" type="nfs">server/path/file</script>',
        "XA-047",
        W,
        "server/",
        "not server:/path",
    ),
    Case(until("7.1"), "http://192.0.2.1/disc", "192.0.2.1/disc", "XA-049", W, "192.0.2.1", "http:// is put in front"),
    Case(since("8.2"), "http://192.0.2.1/disc", "192.0.2.1/disc", "XA-049", W, "192.0.2.1", "Unsupported URL scheme"),
    Case(since("8.2"), "http://192.0.2.1/disc", "smb://192.0.2.1/disc", "XA-049", W, "smb", "Unsupported URL scheme"),
    Case(until("7.1"), "http://192.0.2.1", "HTTP://192.0.2.1", "XA-049", W, "HTTP", "http:// is put in front"),
    Case(until("5.6"), "http://192.0.2.1/disc", "nfs://192.0.2.1:/disc", "XA-049", W, "nfs", "by its type alone"),
    Case(OLD, "http://192.0.2.1", "file:///disc", "XA-049", W, "file", "http:// is put in front"),
    Case(until("7.1"), "http://192.0.2.1", "ftp://192.0.2.1:2121", "XA-049", W, "ftp", "port 21"),
    more(ALL, "<post-install-script>192.0.2.1/hook</post-install-script>", "XA-049", W, "192.0.2.1/hook", ""),
    more(ALL, "<post-install-script>HTTP://192.0.2.1/hook</post-install-script>", "XA-049", W, "HTTP", ""),
    Case(ALL, "http://192.0.2.1/", "http://user:word@192.0.2.1/", "XA-050", W, "http", "log"),
    Case(
        ALL[:-1], "http://192.0.2.1/", "http://user:word@192.0.2.1:8080/", "XA-050", W, "http", "never sends it to an address with a port"
    ),
    Case(until("7.1"), "http://192.0.2.1/", "http://user:w%40rd@192.0.2.1/", "XA-050", W, "http", "letter by letter"),
    Case(ALL, "/disc", "/one disc", "XA-063", W, "http", "white space within an address"),
    Case(
        since("7.1"),
        SOURCE,
        SOURCE + '<source type="url">http://192.0.2.1/pack</source>',
        "XA-087",
        I,
        "e>|<source",
        "the main packages first",
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
CASES = [
    *ATTRIBUTES_OF_ROOT,
    *ELEMENTS,
    *ATTRIBUTES,
    *VALUES,
    *TEXTS,
    *SENSE,
    *DISKS,
    *NETWORK,
    *PASSWORDS,
    *ADDRESSES,
    *SCRIPTS,
    *ROOTS,
]
EACH = [(case, dialect) for case in CASES for dialect in case.dialects]


def changed(case: Case, dialect: str) -> str:
    text = spoilt(dialect, case.old, case.new)
    if case.old == "<installation>" and not case.new.endswith("installation>") and case.new.count("<") == 1:
        name = case.new[1:].split(">")[0].split(" ")[0]
        text = text.replace("</installation>", f"</{name}>")
    return text
