"""What the words in braces of a rule's sentences stand for. Refuses to know which rule uses them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pxeserve.answerfile.scripts.consoles import CONSOLES, SHELL, STEPS, Consoles
from pxeserve.events.record import harmless
from pxeserve.timeline.missing.facts import Fetch
from pxeserve.timeline.missing.situation import Situation

_NEWEST = CONSOLES["xs8"]


def _known(dialect: str) -> Consoles:
    return CONSOLES.get(dialect, _NEWEST)


def consoles(dialect: str) -> str:
    """Where the installer of a generation speaks."""
    return "consoles: " + "; ".join(f"{where}: {what}" for where, what in _known(dialect).consoles)


def log(dialect: str) -> str:
    """Where an installer of that generation writes its log, in its RAM disk and on the disk that it has installed."""
    known = _known(dialect)
    return f"{known.log} in the installer, {known.on_disk} on the disk"


def _broken(situation: Situation) -> Fetch | None:
    return situation.broken or next((one for one in reversed(situation.files) if not one.whole and not one.probe), None)


def _missed(situation: Situation) -> str:
    names = [one.name for one in situation.files if one.missed]
    return ", ".join(names[-4:]) or "none"


def _finding(situation: Situation) -> str:
    """The finding that the installer may stop at, as a sentence."""
    told = situation.armed.suspect or next(iter(situation.armed.findings), None)
    if told is None:
        return "something"
    return f"line {told.line}: {told.message}" + (f" ({told.fix})" if told.fix else "")


def _markers(situation: Situation) -> str:
    return ", ".join(list(dict.fromkeys(situation.missed))[-5:]) or "none"


def _happened(situation: Situation) -> str:
    grave = ("frozen", "alarm", "withheld", "lapsed", "cancelled", "medium-damaged")
    found = next((text for word, text in reversed(situation.happened) if word in grave and text), "")
    return found or (f"it was {situation.state} {situation.since / 60:.0f} min before" if situation.state in grave else "")


def _of_transfer(take: Callable[[Fetch], object]) -> Callable[[Situation], str]:
    def give(situation: Situation) -> str:
        fetch = _broken(situation)
        return str(take(fetch)) if fetch is not None else "?"

    return give


def _media(situation: Situation) -> str:
    last = situation.last_media
    return f"{last.medium}/{last.path}" if last else "?"


def _damage(situation: Situation) -> str:
    return situation.known.damaged.get(situation.armed.medium) or _happened(situation) or "it is not what was imported"


def _job(situation: Situation) -> str:
    """The step that failed last, or its last word."""
    failed = [text for _, state, text, end in situation.job if state == "failed" and not end]
    return (failed or [text for _, _, text, _ in situation.job] or ["it said nothing"])[-1]


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%H:%M:%S")


WORDS: dict[str, Callable[[Situation], str]] = {
    "mac": lambda s: s.mac or "its MAC",
    "address": lambda s: s.address or "its address",
    "firmware": lambda s: str(s.firmware) if s.firmware else "unknown",
    "arch": lambda s: "none" if s.arch is None else str(s.arch),
    "vendor": lambda s: s.vendor_class or "none",
    "server": lambda s: s.taken_from or ", ".join(s.known.others) or "another server",
    "others": lambda s: ", ".join(s.known.others) or "none was seen",
    "relay": lambda s: s.relay or "none",
    "discovers": lambda s: str(s.discovers),
    "offers": lambda s: str(s.offers),
    "ignored": lambda s: ", ".join(dict.fromkeys(s.ignored)) or "nothing",
    "counters": lambda s: ", ".join(f"{count} {reason}" for reason, count in sorted(s.known.ignored.items())[:6]) or "nothing",
    "refusal": lambda s: s.refusals[-1][1] if s.refusals else "it gave no reason",
    "nak": lambda s: s.naks[-1] if s.naks else "?",
    "loader": lambda s: s.loader or "the loader",
    "set": lambda s: s.set or "no set",
    "times": lambda s: str(s.same_loader),
    "missed": _missed,
    "file": _of_transfer(lambda one: one.name),
    "bytes": _of_transfer(lambda one: one.bytes),
    "size": _of_transfer(lambda one: "an unknown number of" if one.size is None else one.size),
    "blksize": _of_transfer(lambda one: one.blksize or "unknown"),
    "resent": _of_transfer(lambda one: one.resent),
    "screen": _of_transfer(lambda one: one.screen or "a code of its own"),
    "detail": _of_transfer(lambda one: one.detail or "nothing"),
    "rule": _of_transfer(lambda one: one.rule or "no rule"),
    "http": lambda s: s.known.http or "this server's HTTP port",
    "tftp": lambda s: s.known.tftp or "the ports of tftp.ports",
    "medium": lambda s: s.armed.medium or (s.media[-1].medium if s.media else "the medium"),
    "dialect": lambda s: s.dialect or "this generation",
    "consoles": lambda s: consoles(s.dialect),
    "log": lambda s: log(s.dialect),
    "shell": lambda s: f"the shell on {_known(s.dialect).where(SHELL)}",
    "steps": lambda s: _known(s.dialect).where(STEPS),
    "finding": _finding,
    "disks": lambda s: ", ".join(s.armed.disks) or "the disks in its answerfile",
    "cards": lambda s: ", ".join(s.armed.cards) or "the cards in its answerfile",
    "device": lambda s: s.armed.device or "no card",
    "vlan": lambda s: s.armed.vlan or "none",
    "markers": _markers,
    "media": _media,
    "status": lambda s: str(s.last_media.status) if s.last_media else "?",
    "package": lambda s: str(s.package),
    "following": lambda s: str(min(s.package + 1, s.packages or s.package + 1)),
    "packages": lambda s: str(s.packages or "?"),
    "damage": _damage,
    "failure": lambda s: s.failures[-1] if s.failures else "no script reported one",
    "report": lambda s: s.reports[-1] if s.reports else "nothing",
    "happened": lambda s: _happened(s) or "it is over",
    "seconds": lambda s: f"{s.after[0].began - s.ended:.0f}" if s.after else "?",
    "repeats": lambda s: str(s.own_disk_boots),
    "minutes": lambda s: f"{s.quiet / 60:.0f}",
    "system_at": lambda s: _clock(s.heard.system.at) if s.heard.system else "?",
    "system_address": lambda s: f" (it asked for {s.heard.system.address})" if s.heard.system and s.heard.system.address else "",
    "near": lambda s: f"heard and unknown: {'; '.join(s.heard.near)}" if s.heard.near else "compare it with its screen",
    "quiet": lambda s: f"{s.quiet:.0f}",
    "trouble": lambda s: s.trouble or "?",
    "job": _job,
    "hooks": lambda s: str(s.hooks),
}
"""Every word that a rule may use, and what it says of a situation."""


class Words(dict[str, str]):
    """The words of one situation, each made when it is asked for."""

    def __init__(self, situation: Situation) -> None:
        super().__init__()
        self._situation = situation

    def __missing__(self, key: str) -> str:
        return harmless(WORDS[key](self._situation), 400)


def said(text: str, situation: Situation) -> str:
    """`text` with its words filled in."""
    return text.format_map(Words(situation))
