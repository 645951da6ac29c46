"""Texts and values that are taken without a word and do not do what they look like."""

from __future__ import annotations

from pxeserve.answerfile.finding import Severity
from tests.answerfile.lint.samples import ALL, DHCP, HASH, HASHED, MODERN, NAMED, OLD, PLAIN, SOURCE, STATIC
from tests.answerfile.lint.spoiling import HASHES, ZONE, Case, between, more, since, until

W, I = Severity.WARNING, Severity.INFO  # noqa: E741

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
