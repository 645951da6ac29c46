"""An entry as GRUB 2 reads it. Names are put behind a device such as `(http,10.77.0.1)/b/SESSION/SET`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pxeserve.boot.entry import SAYS, Entry, Load, MenuError, Part
from pxeserve.boot.leaving import Reader, way

_PLAIN = re.compile(r"[A-Za-z0-9_./:=,+@%^~-]+", re.ASCII)

_VERBS = {Load.XEN: ("multiboot2", "module2"), Load.XEN_EFI: ("xen_hypervisor", "xen_module"), Load.LINUX: ("linux", "initrd")}
"""What loads the first file, and what the others. xen_hypervisor and xen_module are in XenServer's own GRUB alone; on ARM Debian's
GRUB has commands of the same names, which load a Xen that no medium of this house has."""


def write(entry: Entry, bases: Sequence[str]) -> bytes:
    """The configuration file; `bases` are the devices and folders that names are relative to, the best first, without a slash at the end.

    Raises MenuError for what GRUB's script cannot hold.
    """
    lines = [f"# pxeserve: {entry.says}", "set timeout=0", "set default=0"]
    if entry.load is Load.OWN_DISK:
        lines += _leave(entry.leave)
    else:
        lines += _started(entry, bases)
    return ("\n".join(lines) + "\n").encode("ascii", "replace")


def asking(addresses: Sequence[str], leave: str) -> bytes:
    """The configuration file that fetches the one at the first of `addresses` that can be had again, with the machine's serial number; the
    machine's own disk, left for by the word `leave`, when none can.

    GRUB 2.06 puts a name into its HTTP request as it stands, and reads the body of a refusal as if it were the file (seen on our own wire).
    So spaces are escaped here, and each address is tried in turn: what is a menu never comes back.
    """
    lines = [
        "# pxeserve: asks again with the machine's serial number",
        "set timeout=0",
        "set default=0",
        "set machine_serial=",
        "if smbios --type 1 --get-string 7 --set machine_serial; then true; fi",
        "set said=",
        "for word in $machine_serial; do",
        '  if test -n "$said"; then set said="${said}%20"; fi',
        '  set said="${said}${word}"',
        "done",
        *(f'source "{address}{SAYS}{said}"' for said in ("$said", "") for address in addresses),
        *_leave(leave),
    ]
    return ("\n".join(lines) + "\n").encode("ascii")


def _started(entry: Entry, bases: Sequence[str]) -> list[str]:
    """Started line by line and not from a menu, so that the first line that fails can be said and the machine left to its own disk.

    Quirk `grub-same-ports`: GRUB's TCP begins with the same port and nearly the same sequence number at each power-on, so a machine that
    comes again within a minute may be taken for its former self; what HTTP cannot bring is fetched by TFTP.
    """
    if entry.load not in _VERBS:
        raise MenuError("this installer's hypervisor starts from a BIOS only", fix="switch the machine's firmware from UEFI to BIOS")
    first, others = _VERBS[entry.load]
    lines = []
    for number, part in enumerate(entry.parts):
        verb = first if number == 0 else others
        name = part.file.rsplit("/", 1)[-1]
        lines.append(f"echo 'pxeserve: loading {name} ...'")
        word = "if"
        for base in bases:
            lines.append(f"{word} {verb} {base}/{_line(part)}; then true")
            word = "elif"
        lines += ["else", _sorry(name), "fi"]
    return [*lines, "boot", _sorry(entry.label)]


def _sorry(name: str) -> str:
    return f"  echo 'pxeserve: {name} could not be loaded; going on with the next boot device in 10 s'; sleep 10; exit 1"


def _leave(leave: str) -> list[str]:
    """Quirk `grub-exits-well`: GRUB up to 2.06 ends with success whatever it is told, so it looks for an installed system's own loader."""
    chosen = way(Reader.GRUB, leave)
    lines = []
    for one in chosen.looks_for:
        lines += [
            f"if search --no-floppy --file --set=root {one.path}; then",
            f"  echo 'pxeserve: {one.system} on this disk'",
            f"  if chainloader ($root){one.path}; then boot; fi",
            "fi",
        ]
    return [*lines, *chosen.lines]


def _line(part: Part) -> str:
    return " ".join([part.file, *(_quoted(one) for one in part.words.split())])


def _quoted(text: str) -> str:
    """One word that GRUB's script hands on as it is: it splits at `;`, and reads `$`, `&`, `|`, `<`, `>`, `#` and braces."""
    if _PLAIN.fullmatch(text):
        return text
    if "'" in text:
        raise MenuError(f"{text!r} holds a quotation mark, which GRUB cannot be given", fix="write the word without it")
    return f"'{text}'"
