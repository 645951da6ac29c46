"""Arming: the dangerous verb. Everything is checked now, so that nothing surprises ten minutes into a boot."""

from __future__ import annotations

import secrets
import string
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from pxeserve.answerfile.answers import Mode as InstallerMode
from pxeserve.answerfile.answers import RootPassword
from pxeserve.answerfile.declared import Declared
from pxeserve.answerfile.inheritance import InheritanceError, Merged
from pxeserve.answerfile.scripts.compose import Composed, ComposeError, StageScript, Wishes, compose
from pxeserve.boot.loaders import Loaders
from pxeserve.domain.client import Firmware
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.medium import Medium, MediumState, Role
from pxeserve.errors import PxeserveError, RefusedError
from pxeserve.installs import seal
from pxeserve.installs.arming import Arming, Order
from pxeserve.installs.seal import Frozen
from pxeserve.keys import load_keys
from pxeserve.operations.address import base_url
from pxeserve.operations.answering import Answered, Answering, Asked, sources
from pxeserve.operations.context import Context
from pxeserve.operations.hosts import known
from pxeserve.operations.inherited import declared_of
from pxeserve.operations.profiles import installs_by_itself
from pxeserve.operations.registry import verb
from pxeserve.operations.verification import mend, recheck
from pxeserve.snapshot import Snapshot, shared
from pxeserve.store import installs

Mode = Literal["fresh", "reinstall", "upgrade", "restore"]

_ALPHABET = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI")))
_PASSWORD_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything an arming needs, found good. `password` is set when it was made here, to be shown to a person once."""

    host: Host
    medium: Medium | None
    frozen: Frozen
    wants_answerfile: bool
    password: str | None = field(default=None, repr=False)
    answered: Answered | None = None
    merged: Merged = field(default_factory=Merged)


@verb("host.install")
def install(
    context: Context, *, name: str, mode: Mode = "fresh", interactive: bool = False, confirm: str | None = None
) -> dict[str, Any]:
    """Arm a host for one installation. A host that was installed before wants its name in `confirm`: its disks will be erased."""
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
    order = Order(host, found.medium, mode, interactive, found.wants_answerfile, found.frozen, context.actor.name)
    armed = _arming(context).arm(order, now)
    return {
        "host": host.name,
        "install": armed.id,
        "mode": mode,
        "interactive": interactive,
        "medium": armed.medium,
        "expires": armed.expires,
        "root_password": found.password,
        "erases": _erases(found),
        "warnings": found.answered.warnings if found.answered else [],
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


def _answered(
    context: Context, host: Host, medium: Medium, mode: Mode, key: bytes, password: str | None
) -> Checked:
    snapshot = shared(context.store).current()
    merged, declared = said_for(snapshot, host)
    written, made = _password(context, host, declared) if password is None else (_stand_in(declared, password), None)
    composed = _scripts(context, host, medium, mode, declared, key)
    main, drivers = sources(context.config, snapshot, host, medium, declared)
    asked = Asked(host, medium, InstallerMode(mode), declared, merged, written, composed.scripts, main, drivers)
    with Answering(context.config.server.data / "templates") as answering:
        found = answering.answered(asked)
    frozen = Frozen(key, found.text, composed.files, context.config.arming.bind)
    return Checked(host, medium, frozen, True, made, found, merged)


def said_for(snapshot: Snapshot, host: Host) -> tuple[Merged, Declared]:
    """All that is declared for `host`, and what it means. Raises PxeserveError."""
    try:
        merged = snapshot.layers.of_host(host)
    except InheritanceError as error:
        raise PxeserveError(f"{host.name}: {error}") from None
    return merged, declared_of(host.name, merged)


def _scripts(context: Context, host: Host, medium: Medium, mode: Mode, declared: Declared, key: bytes) -> Composed:
    """What the installer runs, and what is served for it."""
    base = base_url(context.config)
    site = [StageScript(one.stage, f"site-{number}", address=one.name) for number, one in enumerate(declared.scripts, 1)]
    try:
        return compose(
            medium.dialect,
            InstallerMode(mode),
            site,
            Wishes(),
            lambda name: f"{base}/s/{seal.token(key, seal.purpose('script', name))}/{name}",
            f"{base}/p/{seal.token(key, seal.purpose('progress', ''))}",
        )
    except ComposeError as error:
        raise RefusedError(f"{host.name}: {error}") from None


def _stand_in(declared: Declared, password: str) -> RootPassword:
    """A password to be looked at, of the same kind as the real one."""
    said = declared.answers.root_password
    return RootPassword(password, said is not None and said.hashed)


def _password(context: Context, host: Host, declared: Declared) -> tuple[RootPassword, str | None]:
    """The password to write, and the same again when it was made here."""
    said = declared.answers.root_password
    if said is not None:
        if not said.hashed and not context.config.answerfile.allow_plaintext:
            raise RefusedError(
                f"{host.name}: its root password is in plain text, which the configuration does not allow",
                fix="leave it out and a random one is made and shown once, or set [answerfile] allow_plaintext = true",
            )
        return said, None  # a hash is refused by the writer for dialects that cannot read one
    made = "".join(secrets.choice(_ALPHABET) for _ in range(_PASSWORD_LENGTH))
    return RootPassword(made), made


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
