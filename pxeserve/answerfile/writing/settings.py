"""The installed host's own settings: password, names, clock, keyboard, services, access."""

from __future__ import annotations

from collections.abc import Iterator

from pxeserve.answerfile.answers import Answers, RootPassword, Service
from pxeserve.answerfile.writing.fitting import SHOWN, Fitting
from pxeserve.answerfile.writing.markup import Element

_NTP_SOURCES = ("dhcp", "default", "manual", "none")
_SSH_MODES = ("on", "off", "auto")


def password(fitting: Fitting, wanted: RootPassword | None) -> RootPassword | None:
    """Root's password; a hash only where it is read as one."""
    if wanted is None:
        return None
    if not fitting.reads("root-password"):
        fitting.unread("root-password", SHOWN, "root-password")
        return None
    if wanted.hashed and not fitting.facts.has("root-password", "type"):
        instead = "they would take it for the password itself"
        fix = "leave it out and a random one is made, or give it in plain text where [answerfile] allow_plaintext = true allows that"
        fitting.refuse("root-password", SHOWN, f"{fitting.them} read no hash", instead, fix)
    text = fitting.text("root-password", wanted.text)
    if text != wanted.text and not wanted.hashed:
        fix = "give its hash, or a password without blanks at its ends"
        fitting.refuse("root-password", SHOWN, "it begins or ends with white space", "another password would be set", fix)
    return RootPassword(text, wanted.hashed)


def one(fitting: Fitting, field: str, wanted: str | None) -> str | None:
    """A setting with an element of its own name."""
    if wanted is None:
        return None
    if not fitting.reads(field):
        fitting.unread(field, wanted, field)
        return None
    return fitting.text(field, wanted)


def many(fitting: Fitting, field: str, element: str, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """A setting that may be said several times."""
    if wanted and not fitting.reads(element):
        fitting.unread(field, ", ".join(wanted), element)
        return ()
    return tuple(fitting.text(field, value) for value in wanted)


def ntp_source(fitting: Fitting, answers: Answers) -> str | None:
    """Where the time comes from. Before XenServer 8 named servers alone say so."""
    source, servers = answers.ntp_source, answers.ntp_servers
    if source is None:
        return None
    if fitting.reads("ntp"):
        if source not in _NTP_SOURCES:
            why = f"Expected <ntp> source to be one of ({', '.join(_NTP_SOURCES)})"
            fitting.refuse("ntp-source", source, why, "they stop", f"one of {', '.join(_NTP_SOURCES)}")
        elif servers and source != "manual":
            why = "time servers are named, which needs the source manual"
            fitting.refuse("ntp-source", source, why, "they stop", "ntp-source manual, or no time servers")
        return source
    if fitting.mode not in ("fresh", "reinstall"):
        fitting.unread("ntp-source", source, "ntp")
    elif source != _unsaid(answers):
        fitting.lose("ntp-source", source, f"{fitting.them} know no <ntp>", f"it is {_unsaid(answers)}")
    return None


def _unsaid(answers: Answers) -> str:
    """What the source comes to where nothing is said about it."""
    nic = answers.admin_interface
    return "manual" if answers.ntp_servers else "dhcp" if nic is not None and nic.proto == "dhcp" else "default"


def services(fitting: Fitting, wanted: tuple[Service, ...]) -> tuple[Service, ...]:
    """The services to switch on or off."""
    if wanted and not fitting.reads("service"):
        fitting.unread("services", ", ".join(service.name for service in wanted), "service")
        return ()
    seen: set[str] = set()
    for service in wanted:
        if not fitting.word("services", service.name):
            fitting.refuse("services", "", "Missing mandatory attribute name", "they stop", "name the service")
        if service.name in seen:
            fitting.refuse("services", service.name, f"Multiple entries for service {service.name}", "they stop", "say it once")
        seen.add(service.name)
    return wanted


def ssh_mode(fitting: Fitting, wanted: str | None) -> str | None:
    """Whether the host lets SSH in; a word that is none of on, off and auto is logged and dropped."""
    kept = one(fitting, "ssh-mode", wanted)
    if kept is None or kept in _SSH_MODES:
        return kept
    fitting.lose("ssh-mode", kept, f"{fitting.them} know {', '.join(_SSH_MODES)}", "it is logged and dropped")
    return None


def elements(fitting: Fitting, answers: Answers) -> Iterator[Element]:
    """What a file says about settings, the clock's servers as every generation reads them."""
    if answers.keymap is not None:
        yield Element("keymap", answers.keymap)
    if (word := answers.root_password) is not None:
        kind = ("hash" if word.hashed else "plaintext") if fitting.facts.has("root-password", "type") else None
        yield Element("root-password", word.text, {"type": kind})
    for server in answers.nameservers:
        yield Element("nameserver", server)
    if answers.hostname is not None:
        yield Element("hostname", answers.hostname)
    if answers.timezone is not None:
        yield Element("timezone", answers.timezone)
    if answers.ntp_source is not None:
        yield Element("ntp", "", {"source": answers.ntp_source})
    for server in answers.ntp_servers:
        yield Element("ntp-servers", server)
    if answers.ssh_mode is not None:
        yield Element("ssh-mode", answers.ssh_mode)
    for service in answers.services:
        yield Element("service", "", {"name": service.name, "state": "enabled" if service.enabled else "disabled"})
