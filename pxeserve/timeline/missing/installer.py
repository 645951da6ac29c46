"""From the RAM disk to the answerfile: the part of which no machine says a word unless it is asked on its console."""

from __future__ import annotations

from pxeserve.timeline.missing.shape import Expectation, Rule, Slower, likely, possible, proven, strongest
from pxeserve.timeline.missing.situation import Situation
from pxeserve.timeline.steps import Step

_SIXTY_A_CARD = "host-installer, init: brings up the cards one after the other, some 60 s each that gets no address; xcp#494"


def _is_plain(situation: Situation) -> bool:
    return situation.armed.plain or "plain" in situation.menus


def _asks_nobody(situation: Situation) -> bool:
    return not _is_plain(situation) and not situation.armed.interactive


def _many_cards(situation: Situation) -> bool:
    return not situation.armed.device


EXPECTATIONS = (
    Expectation(
        Step.RAM_DISK, "nothing more from here: the system that was started goes on by itself", None, "", "a profile with plain files",
        when="a profile with plain files", holds=_is_plain,
    ),
    Expectation(
        Step.RAM_DISK, "a person answers the installer's questions at its console", None, "", "an interactive installation",
        when="an interactive installation", holds=lambda s: s.armed.interactive,
    ),
    Expectation(
        Step.RAM_DISK, "the installer asks for its answerfile", 240, "the machine booted the installer and never came back",
        "installers bring up their cards by DHCP before they fetch; XCP-ng forum and tracker, missing card drivers",
        slower=(Slower(420, "no card is named for fetching", _many_cards, _SIXTY_A_CARD),),
    ),
    Expectation(
        Step.INSTALLER_ASKS, "nothing more from here: the system that was started goes on by itself", None, "", "a profile with plain "
        "files",
        when="plain files, or an interactive installation", holds=lambda s: not _asks_nobody(s),
    ),
    Expectation(
        Step.INSTALLER_ASKS, "the installer asks for its answerfile", 120, "the installer has an address and did not get its answerfile",
        "host-installer, init: answerfile= is fetched once, as soon as a card is up",
        slower=(Slower(360, "no card is named for fetching", _many_cards, _SIXTY_A_CARD),),
    ),
)  # fmt: skip


def _installer_silent(situation: Situation) -> bool:
    return not situation.installer_asked


def _other_device(situation: Situation) -> bool:
    return not situation.answers and situation.armed.device not in ("", "all", situation.mac)


_RAM_DISK = (Step.RAM_DISK,)
_FETCHING = (Step.RAM_DISK, Step.INSTALLER_ASKS)

RULES = (
    Rule(
        "installer-unanswered", _RAM_DISK, "the installer's own DHCP came, and it was given no address",
        proven(lambda s: s.installer_asked > 0 and not s.installer_address and (not s.proxy or bool(s.ignored))),
        "the installer asked for an address and got none ({ignored})",
        "its DISCOVERs are in the timeline; the installer's log says that no network could be set up ({consoles})",
        "see the reason beside its request; a second lease is needed where firmware and installer name different client identifiers",
        "RFC 2131 section 4.3.1; OVMF sends no option 61, the installer does",
    ),
    Rule(
        "restarted-itself", (Step.KERNEL, Step.RAM_DISK), "it asked by network again within three minutes",
        strongest(likely(lambda s: s.restarted is not None and s.restarted < 180), possible(lambda s: s.restarted is not None)),
        "it started over {seconds} s later: the hypervisor or the kernel stopped and reset the machine",
        "the last lines before the reset: add noreboot to boot.xen_args and a serial console",
        "try boot.xen_args = 'noreboot iommu=no' (or nosmp, no-mce, max_cstate=0 as the shipped safe entry has), or a newer BIOS",
        "the safe entry of the media's own isolinux.cfg; Xen command line, noreboot",
    ),
    Rule(
        "tagged-vlan", _RAM_DISK, "no DHCP of the installer was heard",
        strongest(likely(lambda s: bool(s.armed.vlan) and _installer_silent(s)), possible(_installer_silent)),
        "the installer asks in another VLAN than the firmware did (said for it: {vlan})",
        "the port's native (untagged) VLAN on the switch, and whether it drops untagged frames; ip link in {shell} shows eth0.N where a "
        "VLAN is used",
        "boot untagged; give the management's VLAN in the answerfile (admin-interface vlan=), and network_config=dhcp:vlan=N in "
        "boot.kernel_args only where even the installer must be tagged", "XCP-ng documentation: no PXE over tagged networks; "
        "xcat-core#7160",
    ),
    Rule(
        "no-card-driver", _RAM_DISK, "no DHCP of the installer was heard",
        likely(lambda s: _installer_silent(s) and not s.armed.vlan and not (s.restarted is not None and s.restarted < 180)),
        "the installer of {dialect} has no driver for its network card",
        "in {shell}: ip link shows lo alone, and dmesg says nothing of the card; lspci -k shows it without a driver ({consoles})",
        "a newer medium, a driver disk as a further source, or another card for the installation", "xcp#637, xcp-ng-org#232",
    ),
    Rule(
        "port-blocked-again", _RAM_DISK, "the link went down as the kernel took over",
        possible(_installer_silent),
        "spanning tree blocks the port for 30 s each time the link comes up, and the installer's DHCP gives up before",
        "on the switch the port goes through listening and learning as the kernel starts; dhclient's lines on {steps}",
        "portfast (edge port); a static network_config in boot.kernel_args", "IEEE 802.1D; MAAS network guide",
    ),
    Rule(
        "hypervisor-hangs", _RAM_DISK, "nothing was heard after the RAM disk",
        possible(lambda s: _installer_silent(s) and s.restarted is None),
        "Xen or the kernel hangs, often at the IOMMU, ACPI or the graphics card",
        "the last line on the screen stands still; caps lock does not answer. A screen that is blank after the hypervisor's lines is usual "
        "where the menu gives a serial console: look there. {consoles}",
        "try boot.xen_args = 'iommu=no' first, then nosmp or acpi=off; update the BIOS", "the safe entry of the media's own isolinux.cfg",
    ),
    Rule(
        "firmware-mode", _RAM_DISK, "an installer that starts from one kind of firmware only",
        likely(lambda s: s.dialect == "xs9" and not s.uefi and s.firmware is not None),
        "the installer of xs9 refuses a machine that was started by BIOS", "Installer does not support legacy boot on its screen",
        "switch the machine's firmware to UEFI", "host-installer of xs9, install.py",
    ),
    Rule(
        "token-refused", _FETCHING, "it asked for an answerfile that was not given to it",
        proven(lambda s: "not-found" in s.answers and not s.has("frozen", "withheld")),
        "it asked for an answerfile that is not there, or no longer: its kernel words carry a token that is used up, lapsed or another's",
        "its screen says that the answerfile could not be fetched (404); pxeserve host list shows the install's state",
        "restart it, so that it reads the menu of now; leave answerfile= out of boot.kernel_args and of menus of your own",
        "an answerfile is given once, to one address, within [arming] expires", at_once=True,
    ),
    Rule(
        "stranger-froze-it", (*_FETCHING, Step.ANSWERFILE), "somebody else used its token, or asked for its menu",
        proven(lambda s: s.has("frozen") or (s.has("alarm") and not s.delivered)),
        "{happened}", "pxeserve events --host shows the address; pxeserve dhcp leases whose it is",
        "if the address is the installer's own second one, let this server see its DHCP; else look for who listens; then cancel and arm "
        "again",
        "a token is for one address, and one evidenced change of it", at_once=True,
    ),
    Rule(
        "withheld", _FETCHING, "the answerfile was withheld because the medium is damaged", proven(lambda s: s.has("withheld")),
        "its answerfile was not given to it: {happened}", "pxeserve media verify {medium}", "put the medium's files back, or import it "
        "again",
        "an installer is never started on a disk with a medium that is not the one checked", at_once=True,
    ),
    Rule(
        "arming-over", (Step.ADDRESS, Step.KERNEL, *_FETCHING), "its arming ended meanwhile",
        proven(lambda s: s.has("lapsed", "cancelled")),
        "its arming was over before it asked: {happened}", "pxeserve host list shows its state", "arm it again; [arming] expires longer",
        "an arming is good for [arming] expires", at_once=True,
    ),
    Rule(
        "answerfile-cut", _FETCHING, "the answerfile was begun and not received whole",
        proven(lambda s: "cut" in s.answers and not s.delivered),
        "it hung up in the middle of its answerfile, which was not used up by that", "its screen; the link's counters on the switch",
        "restart it: its arming still stands", "host-installer fetches once and tries nothing again", at_once=True,
    ),
    Rule(
        "answerfile-refused-late", _FETCHING, "the answerfile was refused at its last byte",
        proven(lambda s: "refused" in s.answers), "its install moved on while the answerfile was under way: it was cancelled, or asked "
        "twice",
        "pxeserve events --host", "arm it again", "an answerfile is committed before its last byte leaves", at_once=True,
    ),
    Rule(
        "words-missing", _FETCHING, "nobody asked for an answerfile",
        possible(lambda s: not s.answers),
        "the kernel's words answerfile= and install did not reach it: they count behind vmlinuz only, and Xen passes 1 KiB at most",
        "in {shell}: cat /proc/cmdline; the installer's first screen asks for a keymap",
        "pxeserve explain MAC prints the menu; put no word "
        "for the "
        "installer into boot.xen_args", "host-installer, startup/preinit: words of the kernel's part only",
    ),
    Rule(
        "another-card-first", _FETCHING, "no card is named for fetching, 5.0 and later",
        strongest(likely(lambda s: _many_cards(s) and s.dialect != "4.1" and not s.answers and s.installer_address),
                  possible(lambda s: _many_cards(s) and not s.answers)),
        "the installer tries its cards one after the other, the last first, up to 60 s each that gets no address",
        "on {steps}: the card that it brings up now; link lights of cards without a server", "name the card: boot.network_device = its MAC "
        "(pxeserve profile set), or pull the other cables", "xcp#494; host-installer, init",
    ),
    Rule(
        "device-not-there", _FETCHING, "a card is named for fetching",
        strongest(likely(lambda s: _other_device(s) and not s.installer_address), possible(_other_device)),
        "{device}, the card it is told to fetch by, is not on it or not on this network: then it brings up none",
        "in {shell}: ip addr; which card has the MAC {mac}", "boot.network_device = {mac}, the card that it booted from",
        "host-installer, init: a name that no card has starts no card",
    ),
    Rule(
        "http-closed-for-installer", _FETCHING, "nobody asked for an answerfile",
        strongest(likely(lambda s: s.installer_address and not s.answers and not any(one.by == "http" for one in s.files)),
                  possible(lambda s: not s.answers and not any(one.by == "http" for one in s.files))),
        "{http} does not reach the installer's request",
        "in {shell}: wget or curl of {http}/healthz; the log on {steps} says urlopen error",
        "let {http} through to this server; give the installer's network a route to it", "host-installer: urllib, no second try",
    ),
)  # fmt: skip
