"""Profiles: what a kind of host gets."""

from __future__ import annotations

import re
import time
from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from pxeserve.answerfile.declared import KEYS, redacted
from pxeserve.answerfile.scripts.dom0 import dom0_mem_fault
from pxeserve.boot.exits import Leave
from pxeserve.boot.installer import MULTIPATH, misplaced
from pxeserve.domain.host import Profile
from pxeserve.domain.medium import Medium
from pxeserve.domain.medium import Role as MediumRole
from pxeserve.domain.role import Role
from pxeserve.errors import ConflictError, NotFoundError, PxeserveError, RefusedError
from pxeserve.operations.context import Context
from pxeserve.operations.inventory.changing import last_change
from pxeserve.operations.inventory.inherited import Inherited, answers_fault
from pxeserve.operations.inventory.remembering import Changed, remember
from pxeserve.operations.media.verification import standing
from pxeserve.operations.registry import verb
from pxeserve.operations.words.revisions import refuse_stale, revision_of
from pxeserve.operations.words.settings import Setting, put, settings
from pxeserve.snapshot import Snapshot, shared
from pxeserve.store import audit, inventory

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)
_WORDS = ("serial", "dom0_mem", "xen_args", "kernel_args", "multipath", "network_device")
_FIRMWARE = ("leave", "secure_boot")
_PLAIN = ("kernel", "initrd", "args", "multiboot")
_DEVICE = re.compile(r"all|[a-z][a-z0-9]{1,14}|([0-9a-f]{2}:){5}[0-9a-f]{2}", re.ASCII | re.IGNORECASE)
_SERIAL = re.compile(r"ttyS[01],\d{4,6}(n8)?", re.ASCII)


@verb("profile.add", role=Role.OPERATOR)
def add(
    context: Context, *, name: str, medium: str | None = None, parent: str | None = None, set: list[str] | None = None
) -> dict[str, Any]:
    """Make a profile. `set` holds KEY=VALUE words: an answer such as `primary-disk=sda`, or `boot.serial=ttyS0,115200`."""
    profile = changed(Profile(profile_name(name), medium, parent), settings(set or []))
    with context.store.site.write() as connection:
        if any(other.name == name for other in inventory.profiles(connection)):
            raise ConflictError(f"there is already a profile {name}", fix=f"pxeserve profile set {name} changes it")
        save(connection, profile)
        remember(connection, context, "profile.add", [Changed("profile", name, None, profile.answers)])
        notes = _noted(context, connection, name)
        audit.append(connection, time.time(), context.actor.name, "profile.add", name)
    return {**_edited(context, profile), "notes": notes}


@verb("profile.list", role=Role.VIEWER)
def list_profiles(context: Context) -> list[dict[str, Any]]:
    """All profiles, by name."""
    snapshot = shared(context.store).current()
    with context.store.site.read() as connection:
        return [_with_medium(snapshot, profile) for profile in inventory.profiles(connection)]


@verb("profile.show", role=Role.VIEWER)
def show(context: Context, *, name: str) -> dict[str, Any]:
    """One profile as it was written, and how the medium fares that it names or inherits."""
    with context.store.site.read() as connection:
        profile = known(connection, name)
    return {**_with_medium(shared(context.store).current(), profile), "revision": _revision(context, profile)}


@verb("profile.set", role=Role.OPERATOR)
def set_profile(
    context: Context, *, name: str, medium: str | None = None, parent: str | None = None, set: list[str] | None = None,
    revision: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Change a profile: KEY=VALUE sets, KEY= takes away. Raises StaleError when `revision` is said and it is another one by now."""
    with context.store.site.write() as connection:
        profile = before = known(connection, name)
        _refuse_stale(context, connection, profile, revision)
        if medium is not None:
            profile = replace(profile, medium=medium or None)
        if parent is not None:
            profile = replace(profile, parent=parent or None)
        profile = changed(profile, settings(set or []))
        save(connection, profile)
        remember(connection, context, "profile.set", [Changed("profile", name, before.answers, profile.answers)])
        notes = _noted(context, connection, name)
        audit.append(connection, time.time(), context.actor.name, "profile.set", name)
    return {**_edited(context, profile), "notes": notes}


@verb("profile.remove", role=Role.OPERATOR)
def remove(context: Context, *, name: str, revision: str | None = None) -> dict[str, Any]:
    """Forget a profile, as it was at `revision` where that is said. Refused while hosts or other profiles use it."""
    with context.store.site.write() as connection:
        _refuse_stale(context, connection, known(connection, name), revision)
        refuse_if_used(connection, name)
        inventory.remove_profile(connection, name)
        audit.append(connection, time.time(), context.actor.name, "profile.remove", name)
    return {"removed": name}


def profile_name(text: str) -> str:
    """`text` when it may name a profile. Raises PxeserveError."""
    if not _NAME.fullmatch(text):
        raise PxeserveError(f"{text!r} is not a name for a profile: lower-case letters, digits, dots and hyphens, 63 at most")
    return text


def refuse_if_used(connection: Connection, name: str) -> None:
    """Raise ConflictError while a host or another profile uses `name`."""
    users = [f"host {host.name}" for host in inventory.hosts(connection) if host.profile == name]
    users += [f"profile {other.name}" for other in inventory.profiles(connection) if other.parent == name]
    if users:
        raise ConflictError(f"profile {name} is used by {', '.join(users[:5])}", fix="give those another profile first")


def known(connection: Connection, name: str) -> Profile:
    """The profile called `name`. Raises NotFoundError."""
    found = next((profile for profile in inventory.profiles(connection) if profile.name == name), None)
    if found is None:
        raise NotFoundError(f"there is no profile {name}", fix="pxeserve profile list shows them all")
    return found


def changed(profile: Profile, wanted: list[Setting]) -> Profile:
    """`profile` with these settings. Raises PxeserveError."""
    answers: dict[str, Any] = dict(profile.answers)
    boot = inventory.boot_to_json(profile)
    for setting in wanted:
        if setting.keys[0] == "boot" and len(setting.keys) == 2:
            put(boot, Setting(setting.keys[1:], setting.value))
        else:
            put(answers, setting)
    return with_boot(replace(profile, answers=answers), boot)


def with_boot(profile: Profile, boot: Mapping[str, Any]) -> Profile:
    """`profile` with what `boot` says: words for a medium's entry, or plain files. Raises PxeserveError for anything else."""
    whose = f"profile {profile.name}: boot"
    boot = {key: _as_words(key, value) for key, value in boot.items()}
    for key, value in boot.items():
        if key not in (*_WORDS, *_FIRMWARE, *_PLAIN):
            said = f"this is an answer: set {key} itself, not boot.{key}" if key in KEYS else _known_words()
            raise PxeserveError(f"{whose}.{key}: unknown; {said}")
        lines = value if isinstance(value, list) else [value]
        if not all(isinstance(line, str) and line.isprintable() and line.isascii() for line in lines):
            raise PxeserveError(f"{whose}.{key}: text of plain characters on one line is needed")
        if key != "multiboot" and isinstance(value, list):
            raise PxeserveError(f"{whose}.{key}: one text, not a list")
        if any("---" in line.split() for line in lines):
            raise PxeserveError(f"{whose}.{key}: --- parts the modules of a boot entry; pxeserve writes it itself")
    plain = [key for key in boot if key in _PLAIN]
    if plain and any(key in _WORDS for key in boot):
        raise PxeserveError(f"{whose}: {plain[0]} belongs to plain files, the others to a medium; a profile has one of the two")
    if plain and "kernel" not in boot and "multiboot" not in boot:
        raise PxeserveError(f"{whose}.{plain[0]}: plain files need a kernel, or multiboot")
    serial = boot.get("serial")
    if serial and not _SERIAL.fullmatch(serial):
        raise PxeserveError(f"{whose}.serial: {serial!r} is not a serial port such as ttyS0,115200")
    _check_words(whose, boot)
    memory = boot.get("dom0_mem")
    if memory and (fault := dom0_mem_fault(memory)):
        raise PxeserveError(f"{whose}.dom0_mem: {fault}")
    leave = boot.get("leave")
    if leave and leave not in {str(one) for one in Leave}:
        raise PxeserveError(f"{whose}.leave: {leave!r} is none of {', '.join(Leave)}")
    secure = boot.get("secure_boot")
    if secure and secure not in ("yes", "no"):
        raise PxeserveError(f"{whose}.secure_boot: {secure!r} is neither yes nor no")
    words, files = inventory.boot_from_json(boot)
    return replace(profile, words=words, plain=files)


def _as_words(key: str, value: Any) -> Any:
    """What YAML takes for yes and no, as the word that was meant."""
    yes, no = ("enabled", "disabled") if key == "multipath" else ("yes", "no")
    if key == "multipath" and value in ("yes", "no"):
        value = value == "yes"
    return (yes if value else no) if isinstance(value, bool) else value


def _known_words() -> str:
    return f"known are {', '.join((*_WORDS, *_FIRMWARE, *_PLAIN))}"


def _check_words(whose: str, boot: Mapping[str, Any]) -> None:
    """Refuse words that no installer would read where they stand."""
    for key in ("xen_args", "kernel_args"):
        said = misplaced(key, boot.get(key) or "")
        if said:
            raise PxeserveError(f"{whose}.{key}: {said}")
    multipath = boot.get("multipath")
    if multipath and multipath not in MULTIPATH:
        raise PxeserveError(f"{whose}.multipath: {multipath!r} is none of {', '.join(MULTIPATH)}")
    device = boot.get("network_device")
    if device and not _DEVICE.fullmatch(device):
        raise PxeserveError(f"{whose}.network_device: {device!r} is neither a card such as eth0, nor a MAC address, nor all")


def save(connection: Connection, profile: Profile) -> None:
    """Store `profile` after checking what it refers to. Raises PxeserveError."""
    others = {other.name: other for other in inventory.profiles(connection)}
    check(profile, others, {medium.name: medium for medium in inventory.media(connection)})
    refuse_circle(profile, others)
    inventory.put_profile(connection, profile)


def check(profile: Profile, others: Container[str], media: Mapping[str, Medium | None]) -> None:
    """Refuse what could not work by itself: two ways to boot, a medium that is not here, a parent that is none of `others`. A medium that
    is None in `media` is about to come. Raises PxeserveError."""
    if profile.medium is not None and profile.plain is not None:
        raise PxeserveError(f"profile {profile.name}: a medium and plain files exclude each other")
    if profile.medium is not None:
        if profile.medium not in media:
            fix = "pxeserve media import SOURCE --name NAME"
            raise NotFoundError(f"profile {profile.name}: there is no medium {profile.medium}", fix=fix)
        medium = media[profile.medium]
        if medium is not None:
            installs_by_itself(f"profile {profile.name}", medium)
    if profile.parent is not None and profile.parent != profile.name and profile.parent not in others:
        raise NotFoundError(f"profile {profile.name}: there is no parent profile {profile.parent}")
    answers_fault(f"profile {profile.name}", profile.answers)


def refuse_circle(profile: Profile, others: Mapping[str, Profile]) -> None:
    """Raise PxeserveError when the parents of `profile` lead back to it, or come to one that is not there."""
    seen, parent = {profile.name}, profile.parent
    while parent is not None:
        if parent in seen:
            raise PxeserveError(f"profile {profile.name}: its parents lead back to {parent}")
        if parent not in others:
            raise NotFoundError(f"profile {profile.name}: there is no parent profile {parent}")
        seen.add(parent)
        parent = others[parent].parent


def _edited(context: Context, profile: Profile) -> dict[str, Any]:
    return {**described(profile), "revision": _revision(context, profile)}


def _revision(context: Context, profile: Profile) -> str:
    return revision_of(context.config.server.data, _fields(profile))


def _refuse_stale(context: Context, connection: Connection, profile: Profile, revision: str | None) -> None:
    data, whose = context.config.server.data, f"profile {profile.name}"
    refuse_stale(data, whose, _fields(profile), revision, lambda: last_change(connection, "profile", profile.name))


def _fields(profile: Profile) -> dict[str, Any]:
    """All that people edit of a profile, secrets too."""
    return {**described(profile), "answerfile": dict(profile.answers)}


def _noted(context: Context, connection: Connection, name: str) -> list[str]:
    """Refuse a profile that contradicts what it inherits or what inherits it; what its installer cannot be told."""
    inherited = Inherited(connection, context.config.server.data)
    inherited.check_profile(name)
    return inherited.notes_of_profile(name)


def _with_medium(snapshot: Snapshot, profile: Profile) -> dict[str, Any]:
    resolved = snapshot.profiles.get(profile.name)
    return {**described(profile), "installs": standing(snapshot, resolved.medium if resolved else None)}


def installs_by_itself(whose: str, medium: Medium) -> None:
    """Raise RefusedError, beginning with `whose`, for a medium that comes on top of another one and installs no product."""
    if medium.role in (MediumRole.PACK, MediumRole.DRIVER_DISK):
        what = "a driver disk" if medium.role is MediumRole.DRIVER_DISK else "a pack"
        raise RefusedError(
            f"{whose}: medium {medium.name} is {what} ({medium.product}): it comes on top of a product and installs none by itself",
            fix="name the medium of a product; pxeserve media list shows the role of each",
        )


def described(profile: Profile) -> dict[str, Any]:
    """A profile for programs; secrets in its answers are not shown."""
    return {
        "name": profile.name,
        "medium": profile.medium,
        "parent": profile.parent,
        "answerfile": redacted(profile.answers),
        "boot": inventory.boot_to_json(profile),
    }
