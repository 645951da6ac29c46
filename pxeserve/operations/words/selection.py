"""Which hosts: one grammar for every verb that takes more than one. Names, a rack, tags: all that is given must hold.

What matches nothing is an error and never an empty list that a person takes for "done"; a word that nobody carries is answered with the
nearest one that somebody does.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pxeserve.domain.host import Host
from pxeserve.errors import NotFoundError, PxeserveError
from pxeserve.operations.words.labels import rack_name, tag_names


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked for. `names` in lower case."""

    names: tuple[str, ...] = ()
    rack: str | None = None
    tags: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything was asked for."""
        return bool(self.names or self.rack or self.tags)

    def __str__(self) -> str:
        """As it is said in a sentence: `the hosts of rack R2 with tag a`."""
        who = f"the hosts {', '.join(self.names)}" if self.names else "the hosts"
        where = f" of rack {self.rack}" if self.rack else ""
        return who + where + (f" with {_tagged(self.tags)}" if self.tags else "")


def selection(names: Sequence[str] | None = None, rack: str | None = None, tags: Sequence[str] | None = None) -> Selection:
    """What the words of a command or request ask for."""
    return Selection(
        tuple(dict.fromkeys(name.strip().lower() for name in names or ())),
        rack_name(rack) if rack else None,
        tag_names(list(tags)) if tags else (),
    )


def select(hosts: Sequence[Host], wanted: Selection) -> list[Host]:
    """Those of `hosts` that are meant, by name. Raises PxeserveError when nothing was asked for, and NotFoundError, with the nearest right
    word, for a name, rack or tag that no host has, and when no host has all of them together."""
    if not wanted:
        raise PxeserveError("which hosts?", fix="give their names, --rack RACK or --tag TAG")
    return chosen(hosts, wanted)


def chosen(hosts: Sequence[Host], wanted: Selection) -> list[Host]:
    """The same; all of them when nothing was asked for."""
    by_name = {host.name: host for host in hosts}
    for name in wanted.names:
        if name not in by_name:
            raise _nobody(f"there is no host {name}", name, by_name, "pxeserve host list shows them all")
    if wanted.rack is not None:
        racks = {host.rack for host in hosts if host.rack}
        if wanted.rack not in racks:
            raise _nobody(f"no host stands in rack {wanted.rack}", wanted.rack, racks, "pxeserve host set NAME --rack RACK puts one there")
    carried = {tag for host in hosts for tag in host.tags} if wanted.tags else ()
    for tag in wanted.tags:
        if tag not in carried:
            raise _nobody(f"no host has the tag {tag}", tag, carried, "pxeserve host set NAME --tag TAG gives it to one")
    for name in wanted.names:
        _refuse_elsewhere(by_name[name], wanted)
    found = [host for host in (map(by_name.__getitem__, sorted(wanted.names)) if wanted.names else hosts) if _holds(host, wanted)]
    if not found and (wanted.rack or wanted.tags):
        said = f"stands in rack {wanted.rack} with {_tagged(wanted.tags)}" if wanted.rack else f"has {_tagged(wanted.tags)} together"
        raise NotFoundError(f"no host {said}", fix="pxeserve host list shows racks and tags")
    return found


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was most likely meant to be; letter case is no difference."""
    folded = {one.lower(): one for one in known}
    near = difflib.get_close_matches(word.lower(), folded, 1, 0.5)
    return folded[near[0]] if near else None


def _holds(host: Host, wanted: Selection) -> bool:
    return (wanted.rack is None or host.rack == wanted.rack) and set(wanted.tags) <= set(host.tags)


def _refuse_elsewhere(host: Host, wanted: Selection) -> None:
    fix = "leave out one of them: all that is given must hold"
    if wanted.rack is not None and host.rack != wanted.rack:
        stands = f"stands in rack {host.rack}" if host.rack else "stands in no rack"
        raise NotFoundError(f"host {host.name} {stands}, not in rack {wanted.rack}", fix=fix)
    missing = tuple(tag for tag in wanted.tags if tag not in host.tags)
    if missing:
        raise NotFoundError(f"host {host.name} has not {_tagged(missing)}", fix=fix)


def _tagged(tags: Sequence[str]) -> str:
    return f"tag {tags[0]}" if len(tags) == 1 else f"tags {', '.join(tags)}"


def _nobody(message: str, word: str, known: Iterable[str], fix: str) -> NotFoundError:
    near = nearest(word, known)
    return NotFoundError(message, fix=f"did you mean {near}?" if near else fix)
