"""Every code a finding may have: what it means, and how grave it may be. The table in docs/answerfile.md is printed from here.

Codes stay what they are; a new meaning gets a new one. Refuses to know when a finding is due.
"""

from __future__ import annotations

from enum import Enum

from pxeserve.answerfile.finding import Severity

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO


class Code(Enum):
    """A code. `text` is how it is written, `severities` what its findings may be, gravest first; `title` what they say."""

    text: str
    severities: tuple[Severity, ...]
    title: str

    def __init__(self, text: str, severities: tuple[Severity, ...], title: str) -> None:
        self.text, self.severities, self.title = text, severities, title

    # the document
    TOO_LONG = "XA-001", (_E,), "the file is longer than any answerfile"
    NOT_XML = "XA-002", (_E,), "the file is not XML"
    ENTITY = "XA-003", (_E,), "a DOCTYPE declares something, or an entity is declared"
    TOO_DEEP = "XA-004", (_E,), "elements stand too deep within each other, or are too many"
    DOCTYPE = "XA-005", (_I,), "a DOCTYPE that declares nothing"
    TEMPLATE = "XA-051", (_W,), "a mark of a template was left over"

    # the outermost element
    ROOT = "XA-010", (_E, _W), "the outermost element is not one this installer takes, or does not mean what it is called"
    ROOT_ATTRIBUTE = "XA-011", (_W,), "an attribute of the outermost element is not read"
    MODE = "XA-012", (_E,), "the mode is not one this installer knows"
    SR_TYPE = "XA-013", (_E,), "the type of the local SR is not one this installer knows"
    NAMESPACE = "XA-014", (_I,), "a declaration of XML's own is not read"

    # elements
    UNKNOWN = "XA-020", (_W,), "an element is not known and ignored"
    NOT_IN_MODE = "XA-021", (_W,), "an element is not read in this mode"
    OTHER_GENERATION = "XA-022", (_W,), "an element is read by other generations, and ignored by this one"
    WRAPPER = "XA-024", (_I,), "an element is only a wrapper: what stands in it counts"
    NESTED = "XA-025", (_W,), "an element stands within one it has nothing to do with, and counts all the same"
    IS_ATTRIBUTE = "XA-026", (_W,), "an element is ignored: it would be read as an attribute"
    NO_OPTION = "XA-027", (_W,), "an element or attribute that no installer reads, whatever is said of it elsewhere"
    NOT_BELOW = "XA-028", (_W,), "an element is ignored: it is read only within another"
    NEEDLESS = "XA-029", (_W,), "an element is ignored, because of what another says"
    LONE = "XA-061", (_W,), "an element stands more than once, and then none of them counts"
    SECOND = "XA-062", (_W,), "an element stands more than once, and only the first counts"
    ORDER = "XA-065", (_I,), "elements of one kind count in an order of the installer's own"
    MISSING = "XA-060", (_E,), "an element is missing"
    TOO_MANY = "XA-056", (_E,), "an element stands more often than is taken"

    # attributes
    PASSWORD_TYPE = "XA-030", (_I,), "the type of root-password is not read, and says what is done anyway"
    IS_ELEMENT = "XA-031", (_W,), "an attribute is ignored: it would be read as an element"
    ATTRIBUTE = "XA-032", (_W, _I), "an attribute is not read"
    BEATEN = "XA-064", (_W,), "an attribute is passed over for its other spelling"
    NO_ATTRIBUTE = "XA-038", (_E,), "an attribute is missing"

    # values
    PROTO = "XA-033", (_E, _W), "the protocol of the management interface is missing, or sets up nothing"
    CAPITALS = "XA-034", (_E,), "a MAC address has capitals, and 4.1 compares letter by letter"
    SOURCE_TYPE = "XA-035", (_E,), "a source is of no known type"
    BOOLEAN = "XA-036", (_W, _I), "a value that is not yes or true means no"
    VALUE = "XA-037", (_E,), "an attribute holds what the installer refuses"
    VALUE_IGNORED = "XA-039", (_W,), "a value is not known, and taken as if it had not been said"
    CDATA = "XA-040", (_W,), "a CDATA section is read as nothing"
    NOT_ASCII = "XA-041", (_E, _I), "characters outside ASCII, before Python 3"
    WHITE_SPACE = "XA-042", (_W,), "white space around a value is kept"
    DEV_TWICE = "XA-043", (_W,), "/dev/ is put in front of a disk that has it already"
    NONSENSE = "XA-044", (_E, _W), "a text is not what it should be; most are taken unchecked"
    EMPTY = "XA-045", (_W,), "a text is empty"
    VLAN = "XA-053", (_E,), "the VLAN is no number from 1 to 4094"
    NTP_SOURCE = "XA-054", (_E, _W), "the source of time is none, or gives none"
    NTP_SERVERS = "XA-057", (_E,), "time servers are named where the source of time is another"
    CROSSED = "XA-081", (_W,), "address, netmask and gateway do not go together"

    # addresses
    HTTPS = "XA-046", (_W,), "https, before the release that learnt it"
    NFS_ADDRESS = "XA-047", (_W,), "an NFS address is not server:/path"
    SCHEME = "XA-049", (_W,), "an address has no scheme, or one that cannot be fetched"
    URL_PASSWORD = "XA-050", (_W,), "a password in an address"
    SPACED_ADDRESS = "XA-063", (_W,), "white space within an address"

    # root's password
    HASH_AS_PASSWORD = "XA-048", (_W,), "a hash itself becomes the password"
    CLEAR_PASSWORD = "XA-075", (_W, _I), "a password in plain text"
    NO_HASH = "XA-078", (_W,), "what is given as a hash is none: nobody can log in"
    WEAK_PASSWORD = "XA-079", (_I,), "a short password, or a weak hash"
    WAITS = "XA-080", (_W,), "something will wait for a person"
    STOPS_LATER = "XA-076", (_W,), "it is taken, and the installation stops half-way"

    # network
    NO_INTERFACE = "XA-070", (_E,), "the management interface has neither name nor MAC address"
    STATIC = "XA-071", (_E,), "a static management interface lacks an address"
    NO_IP = "XA-072", (_E,), "the management interface has neither IPv4 nor IPv6"
    NIC_GUESS = "XA-067", (_I,), "a name of an interface is a guess"
    MAC = "XA-069", (_W,), "a MAC address that no interface can have is taken unchecked"

    # disks
    DISK_GUESS = "XA-066", (_I,), "a name of a disk is a guess"
    DISK_TWICE = "XA-088", (_W, _I), "a disk is named twice for the local SR"
    NO_SR = "XA-083", (_I,), "there will be no local SR"
    REINSTALL = "XA-084", (_I,), "a reinstallation that is a fresh one, with a backup"
    PARTITIONS = "XA-085", (_W,), "a partition is skipped without a word"
    LAB = "XA-086", (_I,), "a hook of the vendor's own lab"
    NOT_THERE = "XA-073", (_E,), "what is named is not on the machine"

    # scripts and sources
    STAGE = "XA-052", (_W,), "a script's stage never comes"
    SCRIPT_ATTRIBUTE = "XA-055", (_E,), "a script lacks its stage or type"
    RUNS_ALWAYS = "XA-059", (_W,), "install-failed-script runs after success, too"
    NFS_SCRIPT = "XA-058", (_W,), "a script's type nfs is not heeded"
    ANY_YES = "XA-082", (_W,), "any text at all means yes"
    SOURCES = "XA-087", (_I,), "several sources"

    CRASH = "XA-077", (_E,), "a fault of the installer's own ends it"

    # when asked to look
    UNREACHABLE = "XA-090", (_W,), "an address cannot be fetched from this server"
    NO_INTERPRETER = "XA-091", (_W,), "a script has no interpreter line that this installer takes"
    NOT_LOOKED = "XA-092", (_I,), "an address that is not looked at"


FIXABLE = frozenset({
    Code.ROOT, Code.ROOT_ATTRIBUTE, Code.MODE, Code.UNKNOWN, Code.OTHER_GENERATION, Code.IS_ATTRIBUTE, Code.IS_ELEMENT, Code.ATTRIBUTE,
    Code.PROTO, Code.CAPITALS, Code.BOOLEAN, Code.VALUE, Code.VALUE_IGNORED, Code.CDATA, Code.WHITE_SPACE, Code.DEV_TWICE, Code.NONSENSE,
    Code.NFS_ADDRESS, Code.HASH_AS_PASSWORD, Code.SCHEME, Code.STAGE, Code.NFS_SCRIPT, Code.MAC, Code.NO_IP, Code.ANY_YES, Code.DISK_TWICE,
})  # fmt: skip
"""Those that may come with edits: where nothing else can have been meant, or nothing is lost."""


def table() -> str:
    """All codes as a table in Markdown."""
    rows = [
        f"| {code.text} | {' or '.join(one.value for one in code.severities)} | {code.title} | {'yes' if code in FIXABLE else ''} |"
        for code in sorted(Code, key=lambda code: code.text)
    ]
    return "\n".join(["| code | severity | what it says | `--fix` |", "| --- | --- | --- | --- |", *rows])
