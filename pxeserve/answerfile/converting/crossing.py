"""What changes its meaning between two generations, one small rule each: answers go in, and come out so that the target does the same.

A rule says every change that it makes, and every one that it cannot prevent. Refuses to know how a file is read or written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from pxeserve.answerfile.answers import Answers, Bootloader, Mode, Script, Source, Stage
from pxeserve.answerfile.converting.changes import Crossing, Kind
from pxeserve.answerfile.converting.crossing_disks import device_names, mirror, reinstall
from pxeserve.answerfile.writing.facts import Facts
from pxeserve.answerfile.writing.fitting import SHOWN


def carried(answers: Answers, crossing: Crossing) -> Answers:
    """`answers` of the source in the target's terms."""
    for rule in _RULES:
        answers = rule(answers, crossing)
    return answers


def _failure(answers: Answers, crossing: Crossing) -> Answers:
    """The script that 5.5 runs after a failure alone."""
    if not crossing.gains("script"):
        return answers
    kept = []
    for script in answers.scripts:
        if script.stage == Stage.INSTALL_FAILED:
            why = "there is no stage of failure alone: it runs at the end of every installation, with 0 when that went well and 1 when not"
            crossing.note(Kind.MEANING, "scripts", f"{script.stage}: {script.address}", Stage.INSTALLATION_COMPLETE, why)
            script = Script(Stage.INSTALLATION_COMPLETE, script.address)
        kept.append(script)
    return replace(answers, scripts=tuple(kept))


def _idle(answers: Answers, crossing: Crossing) -> Answers:
    """Scripts of a stage that the source does not have: they never ran, and must not begin to."""
    if "script" not in crossing.source.modes:
        return answers
    known, new = crossing.source.words("script", "stage"), crossing.target.words("script", "stage") or (Stage.INSTALL_FAILED,)
    kept = []
    for script in answers.scripts:
        if script.stage in known or script.stage not in new:
            kept.append(script)
        else:
            why = f"installers of {crossing.source.name} have no such stage, so it never ran; those of {crossing.target.name} would run it"
            crossing.note(Kind.DROPPED, "scripts", f"{script.stage}: {script.address}", "", why)
    return replace(answers, scripts=tuple(kept))


def _schemes(answers: Answers, crossing: Crossing) -> Answers:
    """Up to 7.1 http:// is put in front of an address without a known scheme."""
    if not crossing.reaches("8.2"):
        return answers
    return replace(
        answers,
        sources=tuple(_schemed(source, "source", crossing) for source in answers.sources),
        driver_sources=tuple(_schemed(source, "driver-source", crossing) for source in answers.driver_sources),
    )


def _schemed(source: Source, field: str, crossing: Crossing) -> Source:
    if source.kind != "url" or re.match("(https?|ftp|file|nfs)://", source.address):
        return source
    address = f"http://{source.address.strip()}"
    why = "up to 7.1 http:// was put in front by itself; later it has to be said"
    crossing.note(Kind.DEFAULT, field, source.address, address, why)
    return replace(source, address=address)


def _old_tls(answers: Answers, crossing: Crossing) -> Answers:
    """Up to 6.5 the installer's OpenSSL is of the 0.9.8 line."""
    if not crossing.leaves("7.0"):
        return answers
    for source in (*answers.sources, *answers.driver_sources):
        if source.kind == "url" and source.address.startswith("https://"):
            why = f"installers of {crossing.target.name} speak TLS 1.0 at most, which servers of today refuse: offer it over http"
            crossing.note(Kind.MEANING, "source", source.address, source.address, why)
    return answers


def _clock(answers: Answers, crossing: Crossing) -> Answers:
    """XenServer 8 began to ask where the time comes from."""
    if answers.mode not in _SETTING_UP or not crossing.gains("ntp") or answers.ntp_servers or answers.ntp_source is not None:
        return answers
    nic = answers.admin_interface
    new = "dhcp" if nic is not None and nic.proto == "dhcp" else "default"
    why = f"with no servers named, the source of time is {new} from XenServer 8 on"
    crossing.note(Kind.DEFAULT, "ntp-source", "the installer's own ntp.conf, and what DHCP says", new, why)
    return answers


def _signatures(answers: Answers, crossing: Crossing) -> Answers:
    """XCP-ng 8.3 checks signatures unless it is told not to."""
    if crossing.source.has("installation", "gpgcheck") or not crossing.target.has("installation", "gpgcheck"):
        return answers
    if answers.mode not in crossing.target.modes["gpg-checks"]:
        return answers
    for name, what in (("repo-gpgcheck", "repository's"), ("gpgcheck", "packages'")):
        if getattr(answers, name.replace("-", "_")) is None:
            crossing.note(Kind.DEFAULT, name, "not read", "yes", f"the {what} signatures are checked; {name}=\"no\" switches that off")
    return answers


def _crypt(answers: Answers, crossing: Crossing) -> Answers:
    """Up to 5.5 a hash was itself the password."""
    word = answers.root_password
    if word is not None and not word.hashed and word.text.startswith("$") and crossing.reaches("5.6"):
        why = 'it looks like a hash, and was taken for the password itself; so it still is: say type="hash" if a hash is meant'
        crossing.note(Kind.MEANING, "root-password", SHOWN, SHOWN, why)
    return answers


def _sr_type(answers: Answers, crossing: Crossing) -> Answers:
    """The type of a new local SR."""
    old, new = crossing.source.default("installation", "sr-type"), crossing.target.default("installation", "sr-type")
    if not crossing.reads_in_source("sr-type", answers):
        return answers
    return replace(answers, sr_type=answers.sr_type or _told(answers, crossing, "sr-type", old, new))


def _timezone(answers: Answers, crossing: Crossing) -> Answers:
    """The time zone, which had no default up to 6.0."""
    old, new = crossing.source.default("timezone"), crossing.target.default("timezone")
    return replace(answers, timezone=answers.timezone or _told(answers, crossing, "timezone", old, new))


def _keymap(answers: Answers, crossing: Crossing) -> Answers:
    """The keymap, which a word of the boot line may set from 6.0 on."""
    old, new = crossing.source.default("keymap"), crossing.target.default("keymap")
    return replace(answers, keymap=answers.keymap or _told(answers, crossing, "keymap", old, new))


def _backend(answers: Answers, crossing: Crossing) -> Answers:
    """What switches the host's networks: Open vSwitch from 6.0 on, unless it is told."""
    old, new = _backend_of(crossing.source), _backend_of(crossing.target)
    return replace(answers, network_backend=answers.network_backend or _told(answers, crossing, "network-backend", old, new))


def _backend_of(facts: Facts) -> str:
    said = facts.default("network-backend") or ("vswitch" if facts.since("6.0") else "bridge")
    return "vswitch" if said == "openvswitch" else said


def _bootloader(answers: Answers, crossing: Crossing) -> Answers:
    """The boot loader of a new installation; an upgrade keeps the kind that is there."""
    said = answers.bootloader
    if said is not None and said.kind:
        return answers
    kind = _told(answers, crossing, "bootloader", crossing.source.default("bootloader"), crossing.target.default("bootloader"))
    return answers if kind is None else replace(answers, bootloader=replace(said or Bootloader(), kind=kind))


def _told(answers: Answers, crossing: Crossing, field: str, old: str | None, new: str | None) -> str | None:
    """What has to be said, now that leaving it out means `new` and not `old` any more (None: open); None for nothing. Says so."""
    if old == new or answers.mode not in _SETTING_UP:
        return None
    source, target = crossing.source, crossing.target
    if old is None:
        if crossing.reads_in_source(field, answers):
            why = f"installers of {source.name} leave it open, those of {target.name} do not"
            crossing.note(Kind.DEFAULT, field, "open", new, why)
        return None
    words = target.words("installation", field) or target.words(field)
    if answers.mode not in target.modes.get(field, frozenset()) or (words and old not in words):
        crossing.note(Kind.DEFAULT, field, old, new or "open", f"installers of {target.name} have no choice")
        return None
    if answers.mode in target.required.get(field, frozenset()):
        crossing.note(Kind.REQUIRED, field, "", old, f"installers of {target.name} need it; left out, it was {old}")
        return old
    why = f"left out, it would be {new}; so it is said" if new is not None else f"installers of {target.name} leave it open; so it is said"
    crossing.note(Kind.DEFAULT, field, old, old, why)
    return old


_SETTING_UP = frozenset({Mode.FRESH, Mode.REINSTALL})
_RULES: tuple[Callable[[Answers, Crossing], Answers], ...] = (
    reinstall, device_names, mirror, _sr_type, _schemes, _old_tls, _timezone, _clock, _keymap, _backend,
    _bootloader, _crypt, _idle, _failure, _signatures,
)  # fmt: skip
