"""Every code that a reason can have, and what it means: one table for the decision, for DHCP, for menus and for `explain`.

Refuses to know where reasons come from. A code is for programs and never changes its meaning; docs/explain.md has this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class About(StrEnum):
    """The question that a reason answers."""

    TARGET = "what it boots"
    LOADER = "which loader"
    FIRMWARE = "which firmware"
    DHCP = "what DHCP does"
    ADDRESS = "which address"
    MENU = "its menu"
    EVIDENCE = "who is asking"
    ANSWERFILE = "its answerfile"
    MEDIUM = "its medium"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says, as a sentence's end after "because"."""

    about: About
    says: str


_T, _L, _F, _D, _A = About.TARGET, About.LOADER, About.FIRMWARE, About.DHCP, About.ADDRESS
_M, _E, _W, _S = About.MENU, About.EVIDENCE, About.ANSWERFILE, About.MEDIUM

CODES: Mapping[str, Meaning] = {
    "unknown-host": Meaning(_T, "no host here has this MAC"),
    "other-card": Meaning(_T, "no host here has this MAC, and one has the system UUID that it says"),
    "uuid-shared": Meaning(_T, "no host here has this MAC, and several have the system UUID that it says"),
    "uuid-differs": Meaning(_T, "the MAC is a host's, and the system UUID is another machine's"),
    "other-card-serial": Meaning(_T, "no host here has this MAC, and one has the serial number that it says"),
    "serial-shared": Meaning(_T, "no host here has this MAC, and several have the serial number that it says"),
    "serial-differs": Meaning(_T, "the MAC is a host's, and the serial number is another machine's"),
    "idle": Meaning(_T, "the host is not armed"),
    "armed": Meaning(_T, "the host is armed"),
    "install-answered": Meaning(_T, "its answerfile has been given out; every further boot is its own disk's"),
    "install-installing": Meaning(_T, "it is being installed"),
    "install-done": Meaning(_T, "its last install is done"),
    "install-failed": Meaning(_T, "its last install failed"),
    "install-lapsed": Meaning(_T, "its arming has run out"),
    "install-cancelled": Meaning(_T, "its arming was cancelled"),
    "install-frozen": Meaning(_T, "its arming is frozen: somebody else asked for it"),
    "no-profile": Meaning(_T, "its profile is gone"),
    "no-medium": Meaning(_T, "its profile names no medium that is here"),
    "medium-damaged": Meaning(_T, "its medium is damaged"),
    "medium-changed": Meaning(_T, "its medium is not the one that was checked when it was armed"),
    "medium-unbootable": Meaning(_T, "its medium has no boot files"),
    "not-pxe": Meaning(_T, "the request is no network boot"),
    "loader": Meaning(_L, "the line of the table of loaders that fits, or another set that was passed over"),
    "no-loader": Meaning(_L, "no loader here suits this firmware"),
    "unknown-arch": Meaning(_L, "nothing that is served here runs on this architecture"),
    "silent": Meaning(_L, "an idle machine is given no boot file here"),
    "loop": Meaning(_L, "the same loader was named three times in a minute, to no avail"),
    "firmware-asked": Meaning(_F, "the firmware was named by whoever asks"),
    "firmware-said": Meaning(_F, "the machine's own DHCP messages say so"),
    "firmware-assumed": Meaning(_F, "nothing was ever heard of it, so a BIOS is assumed"),
    "dhcp-off": Meaning(_D, "DHCP is off here: another server names the boot file"),
    "dhcp-silent": Meaning(_D, "it gets no answer beside the other server"),
    "dhcp-beside": Meaning(_D, "it is told its boot file beside the other server"),
    "dhcp-lends": Meaning(_D, "it is lent an address and told its boot file"),
    "dhcp-no-file": Meaning(_D, "it is lent an address and told no boot file"),
    "dhcp-no-address": Meaning(_D, "it gets no answer, since there is no address for it"),
    "way": Meaning(_D, "how it is told its boot file"),
    "way-changed": Meaning(_D, "it passed over the usual way, and is told in another"),
    "unheard": Meaning(_D, "the host is armed, and was not heard since"),
    "unheard-cause": Meaning(_D, "what that may be, the likeliest first"),
    "never-heard": Meaning(_D, "no DHCP message of it is on record"),
    "other-server": Meaning(_A, "the address comes from the other DHCP server"),
    "reservation": Meaning(_A, "the address is reserved for the host"),
    "reservation-elsewhere": Meaning(_A, "the reserved address is of no subnet that is served"),
    "lease": Meaning(_A, "it still holds this address"),
    "pool": Meaning(_A, "an address of the subnet's ranges"),
    "no-range": Meaning(_A, "the subnet has no range, and the host no reservation"),
    "no-subnet": Meaning(_A, "no subnet is served where it asks"),
    "menu-unwritable": Meaning(_M, "its menu cannot be written, so it gets its own disk"),
    "leave": Meaning(_M, "how its loader leaves the network boot"),
    "stops": Meaning(_M, "its maker's UEFI stops at a menu where its loader finds no installed system"),
    "medium": Meaning(_M, "the medium that its profile names is passed over"),
    "evidence": Meaning(_E, "what must hold before its menu is given"),
    "serial-asked": Meaning(_E, "its serial number must be the host's, where its loader can say one"),
    "evidence-lease": Meaning(_E, "the address is lent to this MAC"),
    "evidence-request": Meaning(_E, "this MAC was heard asking for the address"),
    "evidence-neighbour": Meaning(_E, "the neighbour table has this MAC at the address"),
    "evidence-foreign": Meaning(_E, "the address is proven to be another machine's"),
    "evidence-none": Meaning(_E, "nothing proves an address of this MAC now"),
    "answerfile-none": Meaning(_W, "it fetches no answerfile"),
    "answerfile-frozen": Meaning(_W, "it was linted and frozen when the host was armed"),
    "answerfile-accepted": Meaning(_W, "its installer would take it"),
    "answerfile-surprising": Meaning(_W, "its installer would take it, and not do all that was meant"),
    "answerfile-refused": Meaning(_W, "it cannot be written, or its installer would refuse it"),
    "answerfile-template": Meaning(_W, "a site's template writes it, which is not rendered here"),
    "medium-none": Meaning(_S, "no medium has a part in it"),
    "medium-good": Meaning(_S, "the medium is good"),
}
