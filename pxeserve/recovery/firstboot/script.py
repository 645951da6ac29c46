"""The script that puts the job of the first boot into a new system: bodies are constants (`answerfiles/firstboot/`), what differs stands in
heads and lines of quoted words, so that no text of a site ever becomes shell. Refuses to know what the steps mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from pxeserve import resources
from pxeserve.answerfile.scripts.words import head, quoted
from pxeserve.recovery.firstboot.steps import Step

_FOLDER = resources.folder("answerfiles") / "firstboot"
_BODIES = {path.name: path.read_text(encoding="ascii") for path in sorted(_FOLDER.iterdir()) if path.suffix in (".sh", ".service")}
_END = "PXESERVE_FIRST_BOOT"


class WordsError(ValueError):
    """A word that cannot stand in a script, as a sentence."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient the job is: `pause` seconds between two looks, `turns` looks at most, `patience` seconds for one call of xe, and `most`
    tries of a step, over restarts too. `mending` looks, each after six pauses, at a join that failed and that somebody may mend: a day."""

    pause: int = 5
    turns: int = 360
    patience: int = 900
    most: int = 5
    mending: int = 2880


_USUAL = Pace()


def script(steps: Sequence[Step], server: str, mark: str, pace: Pace = _USUAL) -> bytes:
    """The script of filesystem-populated. `server` is the address of the first boot's own door, without a slash at its end; `mark` tells
    this first boot from the others of the machine. Raises WordsError."""
    parts = {"job": job(steps, server, mark, pace), "unit": _BODIES["unit.service"], "starter": _BODIES["starter.sh"]}
    functions = "".join(f"{name}() {{\n    cat <<'{_END}'\n{text}{_END}\n}}\n" for name, text in parts.items())
    return (head() + functions + "\n" + _BODIES["place.sh"]).encode()


def job(steps: Sequence[Step], server: str, mark: str, pace: Pace = _USUAL) -> str:
    """The job itself. Raises WordsError."""
    for one in steps:
        for word in one.words:
            if not word.isprintable():
                raise WordsError(f"{one.called}: {word!r} has a character that is none of a name")
    lines = "".join(f"    {quoted('step', one.name, 'stop' if one.stops else 'on', *one.words)}\n" for one in steps)
    numbers = {name: str(number) for name, number in asdict(pace).items()}
    words = head(server=server, mark=mark, **numbers)
    return f"{words}steps() {{\n{lines}}}\n{_BODIES['job.sh']}"
