"""What is declared for site, profiles and hosts, looked at as a whole whenever any of it is set: mistakes are refused then, and not later.

A change is checked where it is made, in everything that inherits it, and in the pools whose hosts it is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from pxeserve.answerfile.answers import Answers, Mode
from pxeserve.answerfile.declared import AnswerError, Declared, read
from pxeserve.answerfile.dialects import spoken
from pxeserve.answerfile.inheritance import InheritanceError, Layer, Merged, merged
from pxeserve.answerfile.scripts.generations import GENERATIONS
from pxeserve.answerfile.templates import Room, TemplateError, sources
from pxeserve.answerfile.writing import Fitted, Lost, fit
from pxeserve.boot.installer import WordError, kernel_words
from pxeserve.domain.host import Host
from pxeserve.domain.medium import Medium, Role
from pxeserve.domain.pool import Pool
from pxeserve.errors import NotFoundError, PxeserveError
from pxeserve.operations.inventory.pooled import Pooled, hosts_of
from pxeserve.snapshot import Layers, layers, resolve
from pxeserve.store import inventory, pools, scripts

TEMPLATES = "templates"
"""The folder of a site's own templates, beneath the data folder."""

_AT_ARMING = ("source", "root-password", "scripts")
"""What is completed when a host is armed; only then can be said what is lost or missing of it."""


def answers_fault(whose: str, answers: Mapping[str, Any]) -> None:
    """Raise PxeserveError when one of them by itself declares what nobody could mean."""
    try:
        read(merged([Layer(whose, answers)]).values)
    except (AnswerError, InheritanceError) as error:
        raise PxeserveError(f"{whose}: {error}") from None


def declared_of(whose: str, found: Merged) -> Declared:
    """What was declared, of everything that was inherited. Raises PxeserveError, which says who said it."""
    try:
        return read(found.values)
    except AnswerError as error:
        path = str(error).partition(":")[0]
        by = found.origin(path)
        raise PxeserveError(f"{whose}: {error}" + (f" ({path} comes from {by})" if by and by != whose else "")) from None


Pointing = Callable[[str], AbstractContextManager[None]]


def nowhere(_whose: str) -> AbstractContextManager[None]:
    """For a change that was not made by a file."""
    return nullcontext()


class Inherited:
    """Site, profiles and media at one moment of a transaction, for checking what was just written in it. `data` is the data folder, beneath
    which templates lie; `coming` are names of media that are not here yet and will be."""

    def __init__(self, connection: Connection, data: Path, coming: frozenset[str] = frozenset()) -> None:
        self._connection, self._data, self._coming = connection, data, coming
        self._looked_at: set[str] = set()
        self._hosts: list[Host] | None = None
        self._layers: Layers = layers(connection)
        self._profiles = resolve(self._layers.profiles)
        self._media = {medium.name: medium for medium in inventory.media(connection)}
        self._scripts = scripts.names(connection)
        self._pooled = Pooled(self._layers, self._profiles, self._media, coming)

    def check_site(self, pointing: Pointing = nowhere) -> None:
        """After the site's answers were set: all profiles and hosts have to stand with them. Raises PxeserveError."""
        with pointing("site"):
            with _named("site"):
                found = self._layers.of_site()
            self._refers("site", declared_of("site", found))
        self._check_all(set(self._layers.profiles), (), pointing)
        self._check_pools(set(self._layers.profiles), (), pointing)

    def check_profile(self, name: str) -> None:
        """After a profile was set: it, the profiles below it, and their hosts. Raises PxeserveError."""
        self.check_changed([name], ())

    def check_changed(self, profiles: Iterable[str], hosts: Iterable[Host], pointing: Pointing = nowhere) -> None:
        """After all of these were set: each of them and what inherits it, once. `pointing` is asked for a context with the name of each
        (`profile NAME`, `host NAME`) that is looked at, which may put the place into an error. Raises PxeserveError."""
        names, changed = self._with_all_below(profiles), list(hosts)
        self._check_all(names, changed, pointing)
        self._check_pools(names, changed, pointing)

    def check_host(self, host: Host) -> None:
        """After a host was set: it, and the pool that it is in. Raises PxeserveError."""
        self._check_host(host)
        found = pools.pool_of_host(self._connection, host.id)
        if found is not None:
            self.check_pool(found.pool)

    def check_pool(self, pool: Pool) -> None:
        """After a pool was set. Raises PxeserveError."""
        self._pooled.check(pool, hosts_of(self._connection, pool))

    def notes_of_pool(self, pool: Pool) -> list[str]:
        """What is worth knowing of a pool that is good."""
        return self._pooled.notes(pool, hosts_of(self._connection, pool))

    def notes_of_profile(self, name: str) -> list[str]:
        """What the installer of a profile's medium will never be told of what it declares, a sentence each."""
        found = self._layers.of_profile(name)
        return [*_unsaid(self._fits(name, found)), *self._unread_hash(name, found)]

    def notes_of_host(self, host: Host) -> list[str]:
        """The same for a host, and what its installer still has to be told."""
        found = self._of_host(host)
        fits = self._fits(host.profile, found)
        fresh = fits.get(Mode.FRESH)
        incomplete = [one for one in fresh.missing if one.field not in _AT_ARMING] if fresh else []
        unread = self._unread_hash(host.profile, found)
        return [*_unsaid(fits), *unread, *(f"not complete yet: {one}" for one in incomplete)]

    def _check_all(self, names: set[str], changed: Iterable[Host], pointing: Pointing) -> None:
        for name in sorted(names):
            with pointing(f"profile {name}"):
                with _named(f"profile {name}"):
                    found = self._layers.of_profile(name)
                self._check_one(f"profile {name}", name, found)
        also = {host.name for host in changed if host.profile not in names}
        for host in self._all_hosts():
            if host.name in also or (host.profile in names and host.answers):
                with pointing(f"host {host.name}"):
                    self._check_host(host)

    def _check_pools(self, names: set[str], changed: Iterable[Host], pointing: Pointing) -> None:
        """The pools in which a host has one of these profiles, or was changed itself."""
        there = pools.pools(self._connection)
        if not there:
            return
        hosts = {host.name: host for host in self._all_hosts()}
        also = {host.name for host in changed}
        for row in there:
            if any(name in also or (name in hosts and hosts[name].profile in names) for name in row.pool.hosts):
                with pointing(f"pool {row.pool.name}"):
                    self._pooled.check(row.pool, hosts)

    def _check_host(self, host: Host) -> None:
        self._check_one(f"host {host.name}", host.profile, self._of_host(host))

    def _check_one(self, whose: str, profile: str, found: Merged) -> None:
        declared = declared_of(whose, found)
        self._refers(whose, declared)
        medium = self._medium(profile)
        if medium is None:
            return
        _stages(whose, medium, declared)
        try:
            kernel_words(medium.dialect, self._profiles[profile].words)
        except WordError as error:
            raise PxeserveError(f"{whose}: {error.message}", fix=error.fix) from None
        for one in _never(_fits(declared.answers, medium)):
            if one.fix:
                by = found.origin(one.field)
                said = f" ({one.field} comes from {by})" if by and by != whose else ""
                raise PxeserveError(f"{whose}: {one.field}: {one.why}; {one.instead}{said}", fix=one.fix)

    def _refers(self, whose: str, declared: Declared) -> None:
        """Refuse a medium that is not here, or has no packages, a script that is not kept here, and a template that is not there, or is
        none."""
        for script in declared.scripts:
            if not script.is_address and script.name not in self._scripts:
                fix = f"pxeserve script add FILE --name {script.name}, or give its address"
                raise NotFoundError(f"{whose}: scripts.{script.stage}: there is no script {script.name}", fix=fix)
        if declared.template is not None and declared.template not in self._looked_at:
            self._look(whose, declared.template)
        for key, packs in (("sources", declared.packs), ("driver-sources", declared.driver_packs)):
            for pack in packs:
                if pack.medium is not None and pack.medium not in self._coming:
                    self._has_packages(f"{whose}: {key}", pack.medium)

    def _has_packages(self, where: str, name: str) -> None:
        medium = self._media.get(name)
        if medium is None:
            fix = "pxeserve media import SOURCE --name NAME, or give its address"
            raise NotFoundError(f"{where}: there is no medium {name}", fix=fix)
        if medium.role is Role.NETINSTALL:
            raise PxeserveError(f"{where}: medium {name} is a netinstall tree, which has no packages")

    def _all_hosts(self) -> list[Host]:
        if self._hosts is None:
            self._hosts = inventory.hosts(self._connection)
        return self._hosts

    def _look(self, whose: str, template: str) -> None:
        folder = self._data / TEMPLATES
        try:
            with Room(sources(folder)) as room:
                room.look(template)
        except TemplateError as error:
            raise PxeserveError(f"{whose}: {error}", fix=error.fix or f"templates lie in {folder}") from None
        self._looked_at.add(template)

    def _of_host(self, host: Host) -> Merged:
        with _named(f"host {host.name}"):
            return self._layers.of_host(host)

    def _medium(self, profile: str) -> Medium | None:
        resolved = self._profiles.get(profile)
        return self._media.get(resolved.medium) if resolved is not None and resolved.medium else None

    def _fits(self, profile: str, found: Merged) -> dict[Mode, Fitted]:
        medium = self._medium(profile)
        return _fits(read(found.values).answers, medium) if medium is not None else {}

    def _unread_hash(self, profile: str, found: Merged) -> Iterator[str]:
        """A hash in the place of a password that is read as plain text: no host can be armed with it."""
        medium, said = self._medium(profile), read(found.values).answers.root_password
        dialect = spoken(medium.dialect) if medium is not None else None
        if dialect is not None and said is not None and said.hashed and dialect.elements["root-password"].attribute("type") is None:
            yield (
                f"root-password: installers of {dialect.name} read plain text, and this is a hash: no host can be armed with it; "
                "leave it out (root-password=random), and each installation gets a random one"
            )

    def _with_all_below(self, names: Iterable[str]) -> set[str]:
        children: dict[str | None, list[str]] = {}
        for profile in self._layers.profiles.values():
            children.setdefault(profile.parent, []).append(profile.name)
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += children.get(name, ())
        return found


def _fits(answers: Answers, medium: Medium) -> dict[Mode, Fitted]:
    """What the medium's installer takes of the answers in each mode that it knows."""
    dialect = spoken(medium.dialect)
    if dialect is None:
        return {}
    found = {mode: fit(replace(answers, mode=mode), dialect) for mode in (Mode.FRESH, Mode.REINSTALL, Mode.UPGRADE, Mode.RESTORE)}
    return {mode: one for mode, one in found.items() if not any(lost.field == "mode" for lost in one.lost)}


def _never(fits: Mapping[Mode, Fitted]) -> list[Lost]:
    """What is lost in whatever mode the host is installed; with a fix where the installation could not go on."""
    first: dict[str, Lost] = {}
    for fitted in fits.values():
        for one in fitted.lost:
            if one.field not in first or (one.fix and not first[one.field].fix):
                first[one.field] = one
    return [one for field, one in first.items() if field not in _AT_ARMING and all(_loses(fitted, field) for fitted in fits.values())]


def _loses(fitted: Fitted, field: str) -> bool:
    return any(field == lost.field or field.startswith(f"{lost.field}.") for lost in fitted.lost)


def _stages(whose: str, medium: Medium, declared: Declared) -> None:
    """Refuse a script for a stage to which the medium's installer never comes."""
    generation = GENERATIONS.get(medium.dialect)
    if generation is None:
        return
    for script in declared.scripts:
        if script.stage not in generation.stages:
            known = " and ".join(generation.stages)
            raise PxeserveError(
                f"{whose}: scripts.{script.stage}: installers of {medium.dialect} never come to that stage", fix=f"theirs are {known}"
            )


def _unsaid(fits: Mapping[Mode, Fitted]) -> list[str]:
    return [f"{one.field}: {one.why}; {one.instead}" for one in _never(fits)]


@contextmanager
def _named(whose: str) -> Iterator[None]:
    """Says whose layers could not be put together."""
    try:
        yield
    except InheritanceError as error:
        said = str(error)
        raise PxeserveError(said if said.startswith("profile ") else f"{whose}: {said}") from None
