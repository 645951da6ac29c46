"""Where each generation of installers tells what went wrong: its log, what it leaves on the disk, and its consoles. Data, read from the
installers' own sources, for when no hook could send the log.

Refuses to know installs, and how a console is reached.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Consoles:
    """One generation. `log` lies in the RAM disk, `written` says since when; `on_disk` is what it copies to the new system where it still
    can, `bundle` the archive with more. `consoles` are (how to get there, what is there)."""

    dialect: str
    log: str
    written: str
    on_disk: str
    bundle: str
    consoles: tuple[tuple[str, str], ...]
    source: str


_TTY3 = ("Alt+F3", "what it does, as it does it")
_FIRST = (("Alt+F1", "the installer"), ("Alt+F2", "a shell"), _TTY3, ("Alt+F4", "the kernel's and udev's messages"))
_SERIAL_41 = ("ttyS0, 115200 baud", "the installer once more; one of the two goes on when output= names it")
_SERIAL = ("the serial line of console=ttyS...", "the installer once more")
_AT_END = "when it ends; until then only on its console"
_ALWAYS = "from its start on"
_BUNDLE = "/tmp/support.tar.bz2, with the answerfile in it"  # noqa: S108 - the installer's own folder


def _early(dialect: str, on_disk: str, serial: tuple[str, str], where: str) -> Consoles:
    return Consoles(
        dialect, "/tmp/install-log", _AT_END, on_disk, "/tmp/support.tar.bz2", (*_FIRST, serial),  # noqa: S108 - the installer's own folder
        f"host-installer of {dialect}: {where}, startup/inittab, xelogging.collectLogs",
    )  # fmt: skip


def _later(dialect: str, *consoles: tuple[str, str]) -> Consoles:
    return Consoles(
        dialect, "/tmp/install-log", _ALWAYS, "/var/log/installer/", _BUNDLE, (*consoles, _SERIAL),  # noqa: S108 - the installer's own folder
        f"host-installer of {dialect}: init (openLog), backend.writeLog, startup/preinit",
    )  # fmt: skip


_ROWS = (
    _early("4.1", "/root/install-log", _SERIAL_41, "clean-installer"),
    _early("5.0", "/root/install-log", _SERIAL, "install.py"),
    _early("5.5", "/var/log/installer/", _SERIAL, "install.py"),
    _early("5.6", "/var/log/installer/", _SERIAL, "install.py"),
    _later("6.0", *_FIRST),
    *(_later(dialect, _TTY3) for dialect in ("6.2", "6.5", "7.0", "7.1", "8.2", "xcp-8.2", "xs8", "xcp-8.3", "xs9")),
)
CONSOLES: dict[str, Consoles] = {row.dialect: row for row in _ROWS}
"""By dialect. What stands on the other consoles from 6.2 on is the RAM disk's business and not in the installer's sources."""
