"""The boot loader: whether it starts, finds its own files and its menu, and may have it."""

from __future__ import annotations

from pxeserve.boot.table import VENDOR_FILE
from pxeserve.domain.client import Firmware
from pxeserve.timeline.missing.facts import File
from pxeserve.timeline.missing.shape import Expectation, Rule, Slower, always, likely, possible, proven, strongest
from pxeserve.timeline.missing.situation import Situation
from pxeserve.timeline.missing.transfers import given_up, missed
from pxeserve.timeline.steps import Step

_UEFI_SLOW = Slower(45, "UEFI", lambda s: s.uefi, "GRUB 2.06 reads its modules in blocks of 1,024 bytes, one at a time")
_CHAINED = 30.0
_NO_EVIDENCE, _ANOTHER = ("no evidence",), ("another machine's", "third address", "changed more than once")
_OVER = ("lapsed", "no longer open")
_DENIALS = (*_NO_EVIDENCE, *_ANOTHER, *_OVER)
"""What `installs.arming` says of a menu that it refuses."""

EXPECTATIONS = (
    Expectation(
        Step.LOADER, "what was loaded asks by DHCP anew and goes on as a boot of its own", None, "", "iPXE, docs: chainloading",
        when="the same card asked anew within 30 s and went further", holds=lambda s: _went_on(s),
    ),
    Expectation(
        Step.LOADER, "GRUB's files and its menu (grub.cfg)", 25, "the loader came and never asked for its menu",
        "GRUB manual, section 6.6 (network): prefix and grub.cfg", when="UEFI", holds=lambda s: s.uefi, slower=(_UEFI_SLOW,),
    ),
    Expectation(
        Step.LOADER, "the loader's modules and its menu (pxelinux.cfg/01-MAC)", 20, "the loader came and never asked for its menu",
        "SYSLINUX wiki, PXELINUX: configuration",
    ),
    Expectation(
        Step.MENU, "the hypervisor or kernel", 20, "the menu came and no kernel was asked for", "SYSLINUX wiki, mboot.c32; GRUB manual, "
        "multiboot2",
        slower=(Slower(60, "UEFI", lambda s: s.uefi, "GRUB loads multiboot2 and its network stack first"),),
    ),
)  # fmt: skip


def _went_on(situation: Situation) -> bool:
    later = situation.after[0] if situation.after else None
    if later is None or later.began - situation.ended > _CHAINED:
        return False
    return later.loader != situation.loader or later.target is not None


def _came(situation: Situation) -> bool:
    return any(one.whole for one in situation.asked_for(File.LOADER))


def _alone(situation: Situation) -> bool:
    """Whether loaders came and nothing that they would ask for themselves."""
    return _came(situation) and not situation.asked_for(File.MODULE, File.MENU, File.KERNEL)


def _is_shim(situation: Situation) -> bool:
    return "shim" in situation.loader.lower() or situation.loader.lower().endswith(("bootx64.efi", "bootaa64.efi"))


def _second_stage(situation: Situation) -> bool:
    return any("grub" in one.name.lower() for one in situation.files if one.name != situation.loader)


def _is_bios_loader(name: str) -> bool:
    return name.endswith((".0", ".kpxe", ".pxe"))


def _wrong_kind(situation: Situation) -> bool:
    if situation.arch is None or not situation.loader or situation.firmware is None:
        return False
    loaders = [one.name for one in situation.asked_for(File.LOADER) if one.whole] or [situation.loader]
    return any(_is_bios_loader(name) if situation.uefi else name.endswith(".efi") for name in loaders)


def _looping(situation: Situation) -> bool:
    return situation.same_loader >= 3


def _unsigned_alone(situation: Situation) -> bool:
    """Whether UEFI loaded what no vendor has signed, and it asked for nothing; a loop has rules of its own."""
    signed = _is_shim(situation) or situation.loader == VENDOR_FILE
    return _alone(situation) and situation.uefi and not signed and not _looping(situation)


def _is_ipxe(name: str) -> bool:
    return any(word in name.lower() for word in ("ipxe", "undionly", "snponly", "ipxe.efi"))


def _looped_loader(situation: Situation) -> str:
    return situation.loader or (situation.before[-1].loader if situation.before else "")


def _mine(situation: Situation) -> str:
    return "01-" + situation.mac.replace(":", "-")


def _denied(situation: Situation, *words: str) -> bool:
    return any(one.missed and one.rule.startswith("menu: ") and any(word in one.rule for word in words) for one in situation.files)


_LOADER, _MENU = (Step.LOADER,), (Step.MENU,)
_STARTING = (Step.ADDRESS, Step.LOADER, Step.MENU)
_LOOP = (Step.LOADER, Step.FAILED)

RULES = (
    Rule(
        "menu-without-evidence", _STARTING, "its menu was refused: nothing says that the address asking is this machine's",
        proven(lambda s: _denied(s, *_NO_EVIDENCE)),
        "its menu was refused: nothing shows that {address} is {mac}'s", "an alarm in the timeline names the address that asked",
        "let this server see this network's DHCP (same segment, or a relay that sends here too), or give the lease itself in server mode; "
        'else [arming] bind = "token" takes the risk', "a MAC in a file name proves nothing: leases, REQUESTs and neighbours do",
        at_once=True,
    ),
    Rule(
        "menu-asked-by-another", (*_STARTING, Step.OWN_DISK), "its menu was refused: the address asking is another machine's",
        proven(lambda s: _denied(s, *_ANOTHER) or s.has("frozen") or s.state == "frozen"),
        "somebody else asked for its menu or its answerfile, and the arming was stopped: {happened}",
        "pxeserve events --host names the address; pxeserve dhcp leases whose it is",
        "find out who that is, then pxeserve host cancel and arm it again", "a MAC in a file name proves nothing", at_once=True,
    ),
    Rule(
        "menu-too-late", (*_STARTING, Step.OWN_DISK), "its menu was refused: the arming is over",
        proven(lambda s: _denied(s, *_OVER) or s.has("lapsed", "cancelled") or s.state in ("lapsed", "cancelled")),
        "its arming was over when it came: {happened}", "pxeserve host list shows its state",
        "arm it again; [arming] expires longer where machines take long to start", "an arming is good for [arming] expires", at_once=True,
    ),
    Rule(
        "bios-loader-on-uefi", _LOOP, "UEFI was given a BIOS loader, or a BIOS an EFI one",
        proven(_wrong_kind),
        "its firmware (architecture {arch}) was given {loader}, which is for the other kind and never starts",
        "option 93 in its DISCOVER beside the file's name; on its screen the file loads and the next boot device follows",
        "whoever names the file must look at option 93: pxeserve dhcp snippet; or switch the firmware between UEFI and legacy",
        "RFC 4578 section 2.1", at_once=True,
    ),
    Rule(
        "loop-user-class", _LOOP, "the same loader three times, and it is iPXE",
        strongest(proven(lambda s: _looping(s) and _is_ipxe(_looped_loader(s))),
                  possible(lambda s: _looping(s) and not s.ipxe and not s.set)),
        "it loads {loader} again and again ({times} times): an iPXE that is not told apart from the firmware gets itself as its boot file",
        "its screen shows iPXE starting over; option 77 of its requests says iPXE, or says something else",
        "where another server names the file: give iPXE (option 77) its script, not itself: pxeserve dhcp snippet",
        "iPXE, docs: chainloading, breaking the infinite loop; captured on port 4011", at_once=True,
    ),
    Rule(
        "loop-secure-boot", _LOOP, "the same loader three times, and it is UEFI",
        likely(lambda s: _looping(s) and s.uefi and not _is_ipxe(_looped_loader(s))),
        "Secure Boot refuses {loader}: the firmware drops it and begins anew ({times} times)",
        "Access Denied or Security Violation on its screen; the BMC or setup shows Secure Boot on",
        "switch Secure Boot off for the installation, or boot a signed chain (xs9 media); say boot.secure_boot = yes so that it is "
        "refused before",
        "UEFI specification section 32.5; ipxe#1653, netboot.xyz#1745", at_once=True,
    ),
    Rule(
        "loop-architecture", _LOOP, "the same loader three times, architecture 7, 9 or 6",
        strongest(likely(lambda s: _looping(s) and s.arch in (6, 9)), possible(lambda s: _looping(s) and s.arch == 7)),
        "{loader} is not for what its firmware really is: it says architecture {arch}, and firmware is known to say 7 for 9 and the "
        "reverse",
        "PXE-E79 or Unsupported on its screen; the setup says 32-bit or 64-bit UEFI",
        "update the firmware, or boot it in the other mode; pxeserve explain MAC --firmware shows what each kind would get",
        "xcat-core#7645, docker-netbootxyz#8; RFC 4578 errata on 7 and 9", at_once=True,
    ),
    Rule(
        "loop-otherwise", _LOOP, "the same loader three times", possible(_looping),
        "{loader} starts and falls back to the firmware each time ({times} times)", "its screen between two rounds; a serial console "
        "keeps it",
        "import the loaders anew from the medium (pxeserve loaders import), and compare with a machine that boots", "cobbler#1374, #2015",
        at_once=True,
    ),
    Rule(
        "shim-second-stage", _LOADER, "shim came, and no GRUB after it",
        strongest(proven(lambda s: _alone(s) and _is_shim(s) and not _second_stage(s) and s.proxy),
                  likely(lambda s: _alone(s) and _is_shim(s) and not _second_stage(s))),
        "shim looks for its second stage (grubx64.efi) on the server that gave the address, not on this one",
        "its screen says that it failed to open grubx64.efi; a capture shows requests to UDP 69 of {server}",
        'UEFI HTTP Boot, [dhcp] mode = "server", or GRUB without shim and Secure Boot off', "shim#165",
    ),
    Rule(
        "grub-asks-address-server", _LOADER, "proxy mode, a GRUB came that is no image of ours, and nothing after it",
        likely(lambda s: s.proxy and _alone(s) and s.uefi and (s.loader == VENDOR_FILE or not s.set)),
        "GRUB beside another DHCP server asks that one ({server}) for its files, and retries for minutes",
        "a grub> prompt, or a long silence; a capture shows requests to UDP 69 of {server}",
        'name this server\'s own image (pxeserve loaders import; pxeserve explain says which), or [dhcp] mode = "server"',
        "GRUB 2.06 captured: net_bootp keeps siaddr of the ACK; RackN MR 1420",
    ),
    Rule(
        "grub-config-missed", (Step.ADDRESS, Step.LOADER), "GRUB asked for a configuration that is not here",
        proven(lambda s: missed(s, ".cfg") and not _denied(s, *_DENIALS) and not s.menus),
        "GRUB asked for {missed}, where there is no menu for it",
        "a grub> prompt on its screen; the names stand in the timeline", "boot it by the loader that pxeserve names (pxeserve explain "
        "MAC), or "
        "let your own grub.cfg go on with configfile to this server", "GRUB of XenServer asks for /EFI/xenserver/grub.cfg only: RackN MR "
        "1420",
        at_once=True,
    ),
    Rule(
        "module-missing", (Step.LOADER, Step.MENU), "the loader asked for a module of its own that is not here",
        proven(lambda s: missed(s, ".c32", ".mod")),
        "the loader asked for {missed}, which its set ({set}) has not: loader and modules must be of one build",
        "Failed to load ldlinux.c32 (or the module's name) on its screen", "import the whole set again: pxeserve loaders import; never "
        "copy "
        "single files between sets", "SYSLINUX wiki, common problems: modules of another version; xcat-core#4830", at_once=True,
    ),
    Rule(
        "ldlinux-not-asked", _LOADER, "pxelinux.0 came alone",
        strongest(likely(lambda s: _alone(s) and s.loader.endswith("pxelinux.0"))),
        "pxelinux.0 did not start, or its ldlinux.c32 is sought elsewhere: SYSLINUX 5 and later load it first, from the same folder",
        "PXELINUX's own line with its version on the screen, then what it lacks", "update the card's firmware; set another set of "
        "loaders for "
        "it: pxeserve loaders list", "SYSLINUX wiki, PXELINUX: ldlinux.c32",
    ),
    Rule(
        "secure-boot", _LOADER, "UEFI, the loader came whole and asked for nothing",
        strongest(proven(lambda s: _unsigned_alone(s) and s.known.secure_boot), likely(_unsigned_alone),
                  possible(lambda s: _alone(s) and s.uefi and not _looping(s))),
        "Secure Boot refused {loader}, which no vendor has signed",
        "Access Denied or Security Violation on its screen, then the next boot device; the setup shows Secure Boot on",
        "switch Secure Boot off for the installation; say boot.secure_boot = yes for machines that keep it on, so that they are refused "
        "before",
        "UEFI specification section 32.5; netboot.xyz#1745, ipxe#1653",
    ),
    Rule(
        "download-buffer", _LOADER, "the client ended the loader's transfer itself",
        proven(given_up),
        "its firmware ended the transfer of {file} after {bytes} bytes: {detail}",
        "PXE-E05 on its screen: the buffer is smaller than the file, so its size changed between two questions",
        "boot it once more; if it stays, another set of loaders or HTTP Boot", "RFC 2349 tsize; EDK II, UefiPxeBcDxe: PXE-E05",
    ),
    Rule(
        "architecture", _LOADER, "UEFI that is not plainly x64",
        possible(lambda s: _alone(s) and s.uefi and s.arch not in (7, None)),
        "{loader} is for another processor than the firmware says (architecture {arch})", "Unsupported on its screen",
        "pxeserve explain MAC --firmware shows what each kind would get", "RFC 4578 section 2.1; xcat-core#7645",
    ),
    Rule(
        "menu-of-no-host", _LOADER, "pxelinux looked for its menu, and never by this MAC",
        strongest(likely(lambda s: s.firmware in (Firmware.BIOS, None) and any(one.missed and one.what is File.MENU for one in s.files)
                         and not any(one.name.endswith(_mine(s)) for one in s.files)),
                  possible(lambda s: any(one.missed and one.what is File.MENU for one in s.files))),
        "it looked for menus that are not there ({missed}) and stands still before it comes to the last",
        "the names are in the timeline: pxelinux asks by UUID, MAC, address, then default", "if it loaded from another server's folder: "
        "name "
        "the file that pxeserve names; else wait for its time-out", "SYSLINUX wiki, PXELINUX: configuration",
    ),
    Rule(
        "waits-in-loader", (Step.LOADER, Step.MENU), "nothing else explains it",
        possible(lambda s: not _looping(s)),
        "the loader stands at a prompt or a message", "its screen says why; a serial console shows it where the menu names one",
        "read the last line on its screen; pxeserve explain MAC prints the menu that it read", "SYSLINUX wiki; GRUB manual",
    ),
    Rule(
        "kernel-missing", _MENU, "a file that the menu names is not here",
        proven(lambda s: any(one.missed and one.what in (File.KERNEL, File.RAM_DISK) for one in s.files)),
        "the menu names {missed}, which is not here", "the file's name on its screen: not found",
        "pxeserve media verify for a medium's file; for plain files look into the data folder's files/", "RFC 1350 appendix, error 1",
        at_once=True,
    ),
    Rule(
        "grub-refuses-kernel", _MENU, "UEFI with a menu and no kernel",
        strongest(likely(lambda s: s.uefi and s.known.secure_boot), possible(lambda s: s.uefi)),
        "GRUB cannot load the hypervisor: a signed GRUB has no multiboot2, and with Secure Boot takes only a signed kernel",
        "error: verification requested but nobody cares, bad shim signature, or can't find command multiboot2 on its screen",
        "switch Secure Boot off, or boot GRUB without shim", "GRUB 2.06, shim_lock; Debian's signed image has no multiboot2",
    ),
    Rule(
        "http-closed-for-grub", _MENU, "the menu names addresses over HTTP and nothing was asked for",
        strongest(likely(lambda s: s.http_boot), possible(lambda s: s.uefi)),
        "{http} does not reach the loader's requests", "error: time out opening http on its screen", "let {http} through to this server",
        "GRUB manual, section 6.6",
    ),
    Rule(
        "waits-at-menu", _MENU, "the menu was given", possible(always),
        "somebody stopped it at the menu, or its keyboard reports a key held down", "its screen shows the menu", "press Enter, or "
        "restart it",
        "SYSLINUX wiki, prompt",
    ),
)  # fmt: skip
