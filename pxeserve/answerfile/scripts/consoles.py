"""Where each generation of installers tells what went wrong: its log, what it leaves on the disk, and its consoles. Data, read from the
sources of the installers and of what builds their RAM disks, for when no hook could send the log. Nothing else says where a console is.

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

    def where(self, what: str) -> str:
        """How to get to the console on which `what` is (`SHELL`, `STEPS`); "" where there is none."""
        return next((how for how, there in self.consoles if there == what), "")


SHELL, STEPS = "a shell", "what it does, as it does it"
_SCREEN = (("Alt+F1", "the installer"), ("Alt+F2", SHELL), ("Alt+F3", STEPS))
_WITH_MESSAGES = (*_SCREEN, ("Alt+F4", "the kernel's and udev's messages"))
_SERIAL_41 = ("ttyS0, 115200 baud", "the installer once more; one of the two goes on when output= names it")
_SERIAL = ("the serial line of console=ttyS...", "the installer once more")
_AT_END = "when it ends; until then only on its console"
_ALWAYS = "from its start on"
_BUNDLE = "/tmp/support.tar.bz2, with the answerfile in it"  # noqa: S108 - the installer's own folder

_IMAGES = "create-install-image of XCP-ng (8.2, 8.3, 8.99), which enables getty@tty2 or installer-getty@tty2, as the image it follows does"


def _early(dialect: str, on_disk: str, serial: tuple[str, str], where: str) -> Consoles:
    return Consoles(
        dialect, "/tmp/install-log", _AT_END, on_disk, "/tmp/support.tar.bz2", (*_WITH_MESSAGES, serial),  # noqa: S108 - the installer's own folder
        f"host-installer of {dialect}: {where}, startup/inittab, xelogging.collectLogs",
    )  # fmt: skip


def _later(dialect: str, consoles: tuple[tuple[str, str], ...], made_by: str) -> Consoles:
    return Consoles(
        dialect, "/tmp/install-log", _ALWAYS, "/var/log/installer/", _BUNDLE, (*consoles, _SERIAL),  # noqa: S108 - the installer's own folder
        f"host-installer of {dialect}: init (openLog), backend.writeLog, startup/preinit; consoles: {made_by}",
    )  # fmt: skip


_ROWS = (
    _early("4.1", "/root/install-log", _SERIAL_41, "clean-installer"),
    _early("5.0", "/root/install-log", _SERIAL, "install.py"),
    _early("5.5", "/var/log/installer/", _SERIAL, "install.py"),
    _early("5.6", "/var/log/installer/", _SERIAL, "install.py"),
    _later("6.0", _WITH_MESSAGES, "startup/inittab"),
    _later("6.2", _WITH_MESSAGES, "mk/Makefile (ACTIVE_CONSOLES), mk/log_tty.conf"),
    *(_later(dialect, _SCREEN, "mk/getty@tty2.service") for dialect in ("6.5", "7.0", "7.1")),
    *(_later(dialect, _SCREEN, _IMAGES) for dialect in ("8.2", "xcp-8.2", "xs8", "xcp-8.3", "xs9")),
)
CONSOLES: dict[str, Consoles] = {row.dialect: row for row in _ROWS}
"""By dialect. Nobody writes messages to a console of their own from 6.5 on: dmesg in the shell has the kernel's."""
