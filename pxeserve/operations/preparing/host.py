"""All that an arming needs, found good or refused now: medium, loader, files, answerfile, scripts, password. Arms nothing.

Many hosts are prepared one after the other by one `Preparing`: what they have in common is looked at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Literal

from pxeserve.answerfile.answers import Mode as InstallerMode
from pxeserve.answerfile.declared import Declared
from pxeserve.answerfile.inheritance import InheritanceError, Merged
from pxeserve.answerfile.outcome import Outcome, outcome, without
from pxeserve.answerfile.scripts.compose import Composed, ComposeError, Wishes, compose
from pxeserve.boot.loaders import loaders_of
from pxeserve.domain.client import Firmware
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.medium import Medium, MediumState, Role
from pxeserve.errors import PxeserveError, RefusedError
from pxeserve.installs import seal
from pxeserve.installs.first_boot import Kept
from pxeserve.installs.seal import Frozen
from pxeserve.operations.answerfiles.scripts import gathered
from pxeserve.operations.context import Context
from pxeserve.operations.inventory.inherited import TEMPLATES, declared_of
from pxeserve.operations.inventory.pooled import Pooled
from pxeserve.operations.inventory.profiles import installs_by_itself
from pxeserve.operations.media.verification import mend, recheck
from pxeserve.operations.preparing import first_boots, passwords
from pxeserve.operations.preparing.answering import Answered, Answering, Asked, sources
from pxeserve.operations.preparing.passwords import Given
from pxeserve.operations.server.address import base_url
from pxeserve.snapshot import Snapshot, shared
from pxeserve.store import pools

Mode = Literal["fresh", "reinstall", "upgrade", "restore"]
_USUAL = (Firmware.BIOS, Firmware.UEFI_X64)


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything an arming needs, found good. `given` is the password, made or declared. `merged` is what was declared for the host and by
    whom, `template` the site's own that its answerfile was written by; `first_boot` is what a host of a pool does when it starts first."""

    host: Host
    medium: Medium | None
    frozen: Frozen
    wants_answerfile: bool
    given: Given = field(default_factory=Given)
    answered: Answered | None = None
    merged: Merged = field(default_factory=Merged)
    template: str | None = None
    first_boot: Kept | None = None


class Preparing:
    """Prepares installations from one moment of the inventory. Use it with `with`; not for more than one thread."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._snapshot = shared(context.store).current()
        config = context.config
        self._loaders = loaders_of(context.store, config.server.data, config.dhcp.mode, config.boot.idle)
        self._answering = Answering(templates_folder(context))
        self._media: dict[str, PxeserveError | None] = {}
        self._plain: dict[str, PxeserveError | None] = {}
        self._unbootable: dict[str, str] = {}
        self._pooled = Pooled(self._snapshot.layers, self._snapshot.profiles, self._snapshot.media)
        with context.store.site.read() as connection:
            self._pools = {name: row.pool for row in pools.pools(connection) for name in row.pool.hosts}

    def __enter__(self) -> Preparing:
        self._answering.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._answering.__exit__(kind, error, trace)

    def checked(self, host: Host, mode: Mode, *, interactive: bool, password: str | None) -> Checked:
        """All that arming `host` needs, checked now. `password` stands in for the real one (plans and rehearsals). Raises PxeserveError."""
        context, snapshot = self._context, self._snapshot
        profile, medium = snapshot.profile_of(host), snapshot.medium_of(host)
        if profile is None:
            raise RefusedError(f"{host.name}: its profile {host.profile} is gone")
        if not host.macs:
            raise RefusedError(
                f"{host.name}: no card of it is known yet, only its system UUID, and boot loaders ask for their menus by MAC",
                fix=f"let it network-boot once, then: pxeserve discovered adopt MAC --name {host.name}",
            )
        if medium is not None:
            installs_by_itself(f"{host.name}: profile {profile.name}", medium)
        if host.name in self._pools:
            self._pooled.refuse(self._pools[host.name], snapshot.hosts, host)
        key, bind = seal.new_key(), context.config.arming.bind
        self._loader(host, profile, medium)
        if profile.plain is not None:
            _again(self._plain, profile.name, lambda: _plain_files(context, profile))
            return Checked(host, None, Frozen(key, bind=bind), False)
        if medium is None:
            said = f"names medium {profile.medium}, which is not here" if profile.medium else "names neither a medium nor plain files"
            raise RefusedError(f"{host.name}: profile {profile.name} {said}", fix=f"pxeserve profile set {profile.name} --medium NAME")
        _again(self._media, medium.name, lambda: _medium(context, medium))
        if interactive:
            return Checked(host, medium, Frozen(key, bind=bind), False)
        if medium.role is Role.NETINSTALL:
            raise RefusedError(
                f"{host.name}: medium {medium.name} is a netinstall tree: it boots, and has no packages for an unattended installation",
                fix="arm it with --interactive and name an address when the installer asks, or import the full medium",
            )
        if outcome(medium.dialect, InstallerMode(mode)) is None:
            raise RefusedError(f"{host.name}: medium {medium.name} has no mode {mode}", fix=without(medium.dialect, InstallerMode(mode)))
        return answered_for(context, snapshot, self._answering, host, medium, mode, key, password)

    def _loader(self, host: Host, profile: Profile, medium: Medium | None) -> None:
        """Refuse to arm what no machine could boot; what its own firmware gets is only known when it asks."""
        if profile.name not in self._unbootable:
            site = self._loaders.site_for(medium, profile)
            if any(firmware in site.loaders for firmware in _USUAL):
                self._unbootable[profile.name] = ""
            else:
                said = (f"{firmware}: {site.missing_loader.get(firmware, 'there is no boot loader')}" for firmware in _USUAL)
                self._unbootable[profile.name] = "; ".join(said)
        if reasons := self._unbootable[profile.name]:
            raise RefusedError(f"{host.name} could not be booted: {reasons}")


def checked(context: Context, host: Host, mode: Mode, *, interactive: bool, password: str | None) -> Checked:
    """See `Preparing.checked`, for one host alone."""
    with Preparing(context) as preparing:
        return preparing.checked(host, mode, interactive=interactive, password=password)


def answered_for(
    context: Context, snapshot: Snapshot, answering: Answering, host: Host, medium: Medium, mode: Mode, key: bytes, password: str | None
) -> Checked:
    """The answerfile of `host` for an installation from `medium`, with its scripts; of loaders and files nothing is asked. Raises
    PxeserveError."""
    merged, declared = said_for(snapshot, host)
    given = _password(context, host, medium, mode, merged, password)
    pooled = first_boots.in_pool(context, host, InstallerMode(mode))
    body, kept = None, None
    if pooled is not None:
        given = first_boots.once(pooled, given, medium.dialect) if password is None else given
        given = replace(given, warnings=(*given.warnings, *first_boots.warnings(pooled, medium.dialect)))
        body, kept = first_boots.prepared(context, host, pooled, medium.dialect, given, key)
    composed = _scripts(context, host, medium, mode, declared, given, key, body)
    main, drivers = sources(context.config, snapshot, host, medium, declared)
    asked = Asked(host, medium, InstallerMode(mode), declared, merged, given.answer, composed.scripts, main, drivers)
    found = answering.answered(asked)
    frozen = Frozen(key, found.text, composed.files, context.config.arming.bind)
    return Checked(host, medium, frozen, True, given, found, merged, declared.template, kept)


def templates_folder(context: Context) -> Path:
    """Where a site's own templates lie."""
    return context.config.server.data / TEMPLATES


def said_for(snapshot: Snapshot, host: Host) -> tuple[Merged, Declared]:
    """All that is declared for `host`, and what it means. Raises PxeserveError."""
    try:
        merged = snapshot.layers.of_host(host)
    except InheritanceError as error:
        raise PxeserveError(f"{host.name}: {error}") from None
    return merged, declared_of(host.name, merged)


def _scripts(
    context: Context, host: Host, medium: Medium, mode: Mode, declared: Declared, given: Given, key: bytes, first: bytes | None
) -> Composed:
    """What the installer runs, and what is served for it."""
    base = base_url(context.config)
    profile = shared(context.store).current().profile_of(host)
    wishes = Wishes(profile.words.dom0_mem if profile else None, given.root_hash, first)
    with context.store.site.read() as connection:
        site = gathered(connection, host.name, medium.dialect, declared.scripts)
    try:
        return compose(
            medium.dialect,
            InstallerMode(mode),
            site,
            wishes,
            lambda name: f"{base}/s/{seal.token(key, seal.purpose('script', name))}/{name}",
            f"{base}/p/{seal.token(key, seal.purpose('progress', ''))}",
        )
    except ComposeError as error:
        raise RefusedError(f"{host.name}: {error}") from None


def _password(context: Context, host: Host, medium: Medium, mode: Mode, merged: Merged, sign: str | None) -> Given:
    """The password of this installation, or `sign` in its place."""
    said = merged.values.get("root-password")
    what = (context.config, host.name, host.id, medium.dialect, InstallerMode(mode), said)
    return passwords.given(*what) if sign is None else passwords.previewed(*what, sign)


def _again(known: dict[str, PxeserveError | None], name: str, look: Callable[[], None]) -> None:
    """Look once at what `name` stands for; what was found wrong with it is raised each time."""
    if name not in known:
        try:
            look()
            known[name] = None
        except PxeserveError as error:
            known[name] = error
    if (wrong := known[name]) is not None:
        raise wrong.with_traceback(None)


def _medium(context: Context, medium: Medium) -> None:
    if medium.state is not MediumState.GOOD:
        raise RefusedError(f"medium {medium.name} is damaged: {medium.state_reason}", fix=mend(medium.name))
    verdict = recheck(context, medium)
    if verdict.faults:
        raise RefusedError(f"medium {medium.name} is not what was imported: {verdict.faults[0]}", fix=mend(medium.name))
    if medium.boot is None:
        raise RefusedError(f"medium {medium.name} has no boot/xen.gz, boot/vmlinuz and install.img, so nothing can boot from it")


def _plain_files(context: Context, profile: Profile) -> None:
    assert profile.plain is not None
    plain = profile.plain
    named = [part.split()[0] for part in plain.multiboot if part.split()] or [path for path in (plain.kernel, plain.initrd) if path]
    folder = context.config.server.data / "files"
    for path in named:
        if not (folder / path.lstrip("/")).is_file():
            raise RefusedError(f"profile {profile.name}: there is no file {path}", fix=f"put it beneath {folder}")


def erases(found: Checked) -> list[str]:
    """The disks that the installation will overwrite, as its answerfile names them."""
    if found.answered is None:
        return []
    answers = found.answered.answers
    if answers.mode is InstallerMode.UPGRADE:
        return []
    if answers.mode is InstallerMode.REINSTALL and answers.existing_installation is not None:
        return [answers.existing_installation.device]
    primary = answers.primary_disk
    first = (primary.mirror or (primary.device,)) if primary is not None else ()
    return [*first, *answers.guest_disks]


def comes_to(found: Checked, mode: Mode) -> Outcome | None:
    """What installing `found` in `mode` keeps and loses; None where a person or plain files say what is done."""
    return outcome(found.medium.dialect, InstallerMode(mode)) if found.medium is not None and found.wants_answerfile else None
