"""Composes what an installer runs: one hook that knows all stages, pxeserve's own scripts and the site's, in their order.

The hook is what the answerfile names. It tells pxeserve how far the installation is, fetches each script of its stage, runs it with the
installer's own arguments, and tells how it ended. So scripts of one stage run in order in every generation, also in those whose answerfile
can name only one. Bodies are constants; what differs stands in a head of quoted words. Refuses to know where scripts are kept, what
addresses mean, and who is installed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pxeserve import resources
from pxeserve.answerfile.answers import Mode, Script, Stage
from pxeserve.answerfile.scripts.consoles import CONSOLES
from pxeserve.answerfile.scripts.dom0 import dom0_mem_fault, dom0_mem_of_host
from pxeserve.answerfile.scripts.generations import GENERATIONS, Generation, stages
from pxeserve.answerfile.scripts.names import DOM0_MEM, FIRST_BOOT, HOOK, NAME, ROTATION
from pxeserve.answerfile.scripts.words import head, quoted

LOG_BYTES = 256 << 10
"""So much of an installer's log, its end, is sent when it has failed."""

_FOLDER = resources.folder("answerfiles") / "hooks"
_BODIES = {path.name: path.read_text(encoding="ascii") for path in sorted(_FOLDER.glob("*.sh"))}
_ADDRESS = re.compile(r"(?:http|https|ftp)://[!-&(-~]+", re.ASCII)
_HASH = re.compile(r"\$[./0-9A-Za-z$=]+", re.ASCII)


class ComposeError(ValueError):
    """Scripts that this generation cannot run; a line each."""


@dataclass(frozen=True, slots=True)
class StageScript:
    """A script of the site's for `stage`. `body` is what is frozen and served from here; None: it lies at `address`, elsewhere."""

    stage: Stage
    name: str
    body: bytes | None = field(default=None, repr=False)
    address: str = ""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What pxeserve itself is to do in the new system: set `dom0_mem`, replace root's password by `root_hash`, and run `first_boot`, a
    whole script that puts a job into it."""

    dom0_mem: str | None = None
    root_hash: str | None = field(default=None, repr=False)
    first_boot: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Composed:
    """`scripts` are for the answerfile; `files` are what is served, by name, byte for byte."""

    scripts: tuple[Script, ...]
    files: Mapping[str, bytes] = field(repr=False)


def compose(
    dialect: str, mode: Mode, site: Sequence[StageScript], wishes: Wishes, address: Callable[[str], str], progress: str
) -> Composed:
    """All scripts of one installation. `address` gives where a file of that name is served; `progress` is where reports go, without a
    slash at its end. Raises ComposeError."""
    generation = GENERATIONS.get(dialect)
    if generation is None:
        raise ComposeError(f"hook scripts for installers of {dialect} cannot be written by this release")
    coming = stages(generation, mode)
    said = [*_faults(generation, mode, site), *_wish_faults(wishes)]
    if said:
        raise ComposeError("\n".join(said))
    files: dict[str, bytes] = {}
    runs: dict[Stage, list[str]] = {}
    for stage, name, body, elsewhere in [*_own(wishes, dialect, coming), *_numbered(site)]:
        total = ""
        if body is not None:
            files[name] = body
            total = hashlib.sha256(body).hexdigest()
        runs.setdefault(stage, []).append(quoted("run", name, elsewhere or address(name), total) + ' "$@"')
    files[HOOK] = _hook(generation, coming, runs, progress)
    hook = address(HOOK)
    return Composed(tuple(Script(stage, hook) for stage in coming), files)


def _own(wishes: Wishes, dialect: str, coming: Sequence[Stage]) -> list[tuple[Stage, str, bytes | None, str]]:
    """pxeserve's own scripts come first: the site's may change what they did."""
    if Stage.FILESYSTEM_POPULATED not in coming:
        return []
    found: list[tuple[Stage, str, bytes | None, str]] = []
    if wishes.dom0_mem:
        value = dom0_mem_of_host(wishes.dom0_mem, dialect)
        found.append((Stage.FILESYSTEM_POPULATED, DOM0_MEM, _script("dom0-mem.sh", value=value), ""))
    if wishes.root_hash:
        found.append((Stage.FILESYSTEM_POPULATED, ROTATION, _script("root-password.sh", hash=wishes.root_hash), ""))
    if wishes.first_boot is not None:
        found.append((Stage.FILESYSTEM_POPULATED, FIRST_BOOT, wishes.first_boot, ""))
    return found


def _numbered(site: Sequence[StageScript]) -> list[tuple[Stage, str, bytes | None, str]]:
    return [(one.stage, f"{one.stage}.{number}.{one.name}", one.body, one.address) for number, one in enumerate(site, 1)]


def _faults(generation: Generation, mode: Mode, site: Sequence[StageScript]) -> list[str]:
    coming = stages(generation, mode)
    said = []
    for one in site:
        if one.stage not in coming:
            known = " and ".join(coming)
            said.append(f"script {one.name}: installers of {generation.dialect} never come to {one.stage} ({mode}); theirs are {known}")
        if not NAME.fullmatch(one.name):
            said.append(f"script {one.name!r}: a name has letters, digits, dots, hyphens and underscores, 63 at most")
        if one.body is None and not _ADDRESS.fullmatch(one.address):
            said.append(f"script {one.name}: {one.address!r} is no address that an installer could fetch a script from")
    return said


def _wish_faults(wishes: Wishes) -> list[str]:
    said = [fault] if wishes.dom0_mem and (fault := dom0_mem_fault(wishes.dom0_mem)) else []
    if wishes.root_hash is not None and not _HASH.fullmatch(wishes.root_hash):
        said.append("the hash of root's password is none")
    return said


def _hook(generation: Generation, coming: Sequence[Stage], runs: Mapping[Stage, Sequence[str]], progress: str) -> bytes:
    cases = [line for stage, words in runs.items() for line in (f"    {stage})", *(f"        {one}" for one in words), "        ;;")]
    scripts = ["scripts() {", "    case $stage in", *cases, "    esac", "}"] if cases else ["scripts() { :; }"]
    log = CONSOLES[generation.dialect].log
    first, argumentless = coming[0] if coming else "", generation.argumentless or ""
    words = head(
        progress=f"{progress}/", argumentless=argumentless, done_after=generation.done_after, first=first, log=log, most=str(LOG_BYTES)
    )
    return (words + "\n".join(scripts) + "\n" + _BODIES["hook.sh"]).encode("ascii")


def _script(body: str, **values: str) -> bytes:
    return (head(**values) + "\n" + _BODIES[body]).encode("ascii")
