"""Arming: the dangerous verb. Everything is checked now, so that nothing surprises ten minutes into a boot."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pxeserve.answerfile.answers import Mode as InstallerMode
from pxeserve.answerfile.declared import Declared
from pxeserve.answerfile.inheritance import InheritanceError, Merged
from pxeserve.answerfile.scripts.compose import Composed, ComposeError, Wishes, compose
from pxeserve.boot.loaders import Loaders
from pxeserve.domain.client import Firmware
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.medium import Medium, MediumState, Role
from pxeserve.errors import PxeserveError, RefusedError
from pxeserve.installs import seal
from pxeserve.installs.arming import Arming, Order
from pxeserve.installs.seal import Frozen
from pxeserve.keys import load_keys
from pxeserve.operations import passwords
from pxeserve.operations.address import base_url
from pxeserve.operations.answering import Answered, Answering, Asked, sources
from pxeserve.operations.context import Context
from pxeserve.operations.hosts import known
from pxeserve.operations.inherited import TEMPLATES, declared_of
from pxeserve.operations.passwords import Given
from pxeserve.operations.profiles import installs_by_itself
from pxeserve.operations.registry import verb
from pxeserve.operations.scripts import gathered
from pxeserve.operations.verification import mend, recheck
from pxeserve.snapshot import Snapshot, shared
from pxeserve.store import installs

Mode = Literal["fresh", "reinstall", "upgrade", "restore"]


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything an arming needs, found good. `given` is the password, made or declared. `merged` is what was declared for the host and by
    whom, `template` the site's own that its answerfile was written by."""

    host: Host
    medium: Medium | None
    frozen: Frozen
    wants_answerfile: bool
    given: Given = field(default_factory=Given)
    answered: Answered | None = None
    merged: Merged = field(default_factory=Merged)
    template: str | None = None


@verb("host.install")
def install(
    context: Context,
    *,
    name: str,
    mode: Mode = "fresh",
    interactive: bool = False,
    confirm: str | None = None,
    reveal: Literal["now", "later"] = "now",
) -> dict[str, Any]:
    """Arm a host for one installation. A host that was installed before wants its name in `confirm`: its disks will be erased. A random
    root password is shown `now`, in the answer, or `later`: sealed for a day, until `host.password` is asked for it."""
    now = time.time()
    with context.store.site.read() as connection:
        host = known(connection, name)
        installed = installs.ever_done(connection, host.id)
    if installed and confirm != host.name:
        raise RefusedError(
            f"{host.name} has been installed before, and installing it again erases its disks",
            fix=f"say its name to go on: pxeserve host install {host.name} (it asks), or with --yes",
        )
    found = checked(context, host, mode, interactive=interactive, password=None)
    kept = found.given.kept(shown=reveal == "now")
    order = Order(host, found.medium, mode, interactive, found.wants_answerfile, found.frozen, context.actor.name, secret=kept)
    armed = _arming(context).arm(order, now)
    return {
        "host": host.name,
        "install": armed.id,
        "mode": mode,
        "interactive": interactive,
        "medium": armed.medium,
        "expires": armed.expires,
        "root_password": found.given.made if reveal == "now" else None,
        "password_kept": bool(kept.root),
        "erases": _erases(found),
        "warnings": [*found.given.warnings, *(found.answered.warnings if found.answered else ())],
    }


@verb("host.cancel")
def cancel(context: Context, *, name: str) -> dict[str, Any]:
    """End a host's live install; from then on its network boots end on its own disk."""
    with context.store.site.read() as connection:
        host = known(connection, name)
    ended = _arming(context).cancel(host, context.actor.name, time.time())
    return {"host": host.name, "install": ended.id, "state": ended.state}


def checked(context: Context, host: Host, mode: Mode, *, interactive: bool, password: str | None) -> Checked:
    """All that arming `host` needs, checked now. `password` stands in for the real one (rehearsals). Raises PxeserveError."""
    snapshot = shared(context.store).current()
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
    key, bind = seal.new_key(), context.config.arming.bind
    _loader(context, host, medium)
    if profile.plain is not None:
        _plain_files(context, profile)
        return Checked(host, None, Frozen(key, bind=bind), False)
    if medium is None:
        said = f"names medium {profile.medium}, which is not here" if profile.medium else "names neither a medium nor plain files"
        raise RefusedError(f"{host.name}: profile {profile.name} {said}", fix=f"pxeserve profile set {profile.name} --medium NAME")
    _medium(context, medium)
    if interactive:
        return Checked(host, medium, Frozen(key, bind=bind), False)
    if medium.role is Role.NETINSTALL:
        raise RefusedError(
            f"{host.name}: medium {medium.name} is a netinstall tree: it boots, and has no packages for an unattended installation",
            fix="arm it with --interactive and name an address when the installer asks, or import the full medium",
        )
    return _answered(context, host, medium, mode, key, password)


def _answered(context: Context, host: Host, medium: Medium, mode: Mode, key: bytes, password: str | None) -> Checked:
    with Answering(templates_folder(context)) as answering:
        return answered_for(context, shared(context.store).current(), answering, host, medium, mode, key, password)


def answered_for(
    context: Context, snapshot: Snapshot, answering: Answering, host: Host, medium: Medium, mode: Mode, key: bytes, password: str | None
) -> Checked:
    """The answerfile of `host` for an installation from `medium`, with its scripts; of loaders and files nothing is asked. Raises
    PxeserveError."""
    merged, declared = said_for(snapshot, host)
    given = _password(context, host, medium, mode, merged, password)
    composed = _scripts(context, host, medium, mode, declared, given, key)
    main, drivers = sources(context.config, snapshot, host, medium, declared)
    asked = Asked(host, medium, InstallerMode(mode), declared, merged, given.answer, composed.scripts, main, drivers)
    found = answering.answered(asked)
    frozen = Frozen(key, found.text, composed.files, context.config.arming.bind)
    return Checked(host, medium, frozen, True, given, found, merged, declared.template)


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
    context: Context, host: Host, medium: Medium, mode: Mode, declared: Declared, given: Given, key: bytes
) -> Composed:
    """What the installer runs, and what is served for it."""
    base = base_url(context.config)
    profile = shared(context.store).current().profile_of(host)
    wishes = Wishes(profile.words.dom0_mem if profile else None, given.root_hash)
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


def _loader(context: Context, host: Host, medium: Medium | None) -> None:
    """Refuse to arm what no machine could boot; what its own firmware gets is only known when it asks."""
    config = context.config
    profile = shared(context.store).current().profile_of(host)
    site = Loaders(context.store, config.server.data, config.dhcp.mode, config.boot.idle).site_for(medium, profile)
    usual = (Firmware.BIOS, Firmware.UEFI_X64)
    if not any(firmware in site.loaders for firmware in usual):
        reasons = "; ".join(f"{firmware}: {site.missing_loader.get(firmware, 'there is no boot loader')}" for firmware in usual)
        raise RefusedError(f"{host.name} could not be booted: {reasons}")


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


def _erases(found: Checked) -> list[str]:
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


def _arming(context: Context) -> Arming:
    return Arming(context.store, load_keys(context.config.server.data), context.config)
