"""Whether the service's user can use what it needs, and nobody else can read its secrets.

Sources: threat T33; the service drops to `server.user`; selinux(8), apparmor(7).
"""

from __future__ import annotations

import os
import pwd
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, Seen
from pxeserve.doctor.finding import Blind, Fault, Finding, Grade

_AUDIT_LOG = "var/log/audit/audit.log"
_TAIL = 1 << 20
_MOST_FILES = 5000

_NO_USER = Fault(
    "no-user",
    Grade.STOPS,
    "there is no user {user}, as which the service would run",
    "started as root it gives root up, and does not start without somebody to become",
    "useradd --system --no-create-home --shell /usr/sbin/nologin {user}   (or set [server] user)",
)
_OWNER = Fault(
    "owner",
    Grade.STOPS,
    "{path} belongs to {owner}, and the service runs as {user}",
    "the service can neither write its state nor read its keys, and does not start",
    "chown -R {user}: {data}",
)
_OUT_OF_REACH = Fault(
    "out-of-reach",
    Grade.STOPS,
    "{user} may not pass through {path} (mode {mode})",
    "what lies beneath it is out of the service's reach",
    "chmod o+x {path}, or name a data folder that is in reach: [server] data",
)
_SECRET = Fault(
    "secret-open",
    Grade.STOPS,
    "{path} has mode {mode}: others may read it",
    "keys and state hold what opens sealed answerfiles and passwords; with an open key the service refuses to start",
    "chmod {right} {path}",
)
_UNREADABLE = Fault(
    "unreadable",
    Grade.HARMS,
    "{count} files beneath {path} cannot be read by {user}, such as {example}",
    "machines that ask for them are refused",
    "chown -R {user}: {path}",
)
_DENIED = Fault(
    "denied",
    Grade.HARMS,
    "{system} denied this service {count} times lately: {example}",
    "what is denied looks like a missing file or a closed port",
    "{advice}",
)


def look(around: Around) -> Seen:
    """User, ways, owners and modes; then what security modules denied."""
    user = around.config.server.user
    uid = os.geteuid()
    if uid == 0 or not around.serving:
        try:
            uid = pwd.getpwnam(user).pw_uid
        except KeyError:
            if os.geteuid() == 0:
                yield _NO_USER.found("[server] user", user=user)
                return
            uid = os.geteuid()  # an ordinary user's own trial
    data = around.data
    if not data.exists():
        yield Blind(f"{data}: there is no such folder yet", "start the service once")
        return
    yield from _ways(data, uid)
    yield from _owners(data, uid)
    yield from _secrets(data)
    yield from _denials(around)


def _ways(data: Path, uid: int) -> Iterator[Finding]:
    for path in data.resolve().parents:
        found = path.stat()
        mode = found.st_mode
        if uid not in (0, found.st_uid) and not mode & stat.S_IXOTH and not _member(uid, found.st_gid, mode):
            yield _OUT_OF_REACH.found(str(path), path=path, user=_name(uid), mode=f"{mode & 0o7777:04o}")


def _member(uid: int, gid: int, mode: int) -> bool:
    if not mode & stat.S_IXGRP:
        return False
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return False
    return gid in os.getgrouplist(entry.pw_name, entry.pw_gid)


def _owners(data: Path, uid: int) -> Iterator[Finding]:
    for name in (".", "state", "keys", "run", "media", "loaders", "files", "tftp", "templates"):
        path = data / name
        try:
            found = path.stat()
        except OSError:
            continue
        if found.st_uid != uid and (name != "." or uid != 0):
            yield _OWNER.found(str(path), path=path, owner=_name(found.st_uid), user=_name(uid), data=data)
    for name in ("state", "media", "loaders", "files", "tftp"):
        yield from _unreadable(data / name, uid)


def _unreadable(folder: Path, uid: int) -> Iterator[Finding]:
    """Files that belong to others and are not open to all. Links are not followed."""
    wrong: list[str] = []
    seen = 0
    for root, _, names in os.walk(folder):
        for name in names:
            seen += 1
            if seen > _MOST_FILES:
                break
            try:
                found = os.lstat(f"{root}/{name}")
            except OSError:
                continue
            if found.st_uid != uid and uid != 0 and not found.st_mode & stat.S_IROTH and not stat.S_ISLNK(found.st_mode):
                wrong.append(f"{root}/{name}")
        if seen > _MOST_FILES:
            break
    if wrong:
        yield _UNREADABLE.found(str(folder), count=len(wrong), path=folder, user=_name(uid), example=wrong[0])


def _secrets(data: Path) -> Iterator[Finding | Blind]:
    for folder, right in ((data / "keys", "700"), (data / "state", "700")):
        try:
            mode = folder.stat().st_mode & 0o7777
            files = sorted(folder.iterdir())
        except FileNotFoundError:
            continue
        except PermissionError:
            yield Blind(f"{folder} cannot be looked into by {_name(os.geteuid())}", "sudo pxeserve doctor")
            continue
        if mode & 0o077:
            yield _SECRET.found(str(folder), path=folder, mode=f"{mode:04o}", right=right)
        for file in files if folder.name == "keys" else ():
            found = os.lstat(file)
            if stat.S_ISREG(found.st_mode) and found.st_mode & 0o077:
                yield _SECRET.found(str(file), path=file, mode=f"{found.st_mode & 0o7777:04o}", right="600")


def _denials(around: Around) -> Iterator[Finding | Blind]:
    """SELinux and AppArmor, where one of them is at work and its log can be read."""
    selinux = (around.text("sys/fs/selinux/enforce") or "").strip() == "1"
    apparmor = (around.text("proc/self/attr/current") or "unconfined").strip("\0\n ")
    if not selinux and apparmor in ("unconfined", "", "kernel"):
        return
    system = "SELinux" if selinux else f"AppArmor (profile {apparmor})"
    log = around.root / _AUDIT_LOG
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL))
            text = file.read(_TAIL).decode(errors="replace")
    except OSError:
        yield Blind(f"{system} is at work, and what it denies cannot be read ({log})", "as root: ausearch -m avc -ts recent")
        return
    denied = [line for line in text.splitlines() if re.search(r"denied|DENIED", line) and re.search(r'comm="(pxe-|pxeserve|ganesha)', line)]
    if denied:
        advice = "ausearch -m avc -ts recent | audit2allow -M pxeserve shows the missing rule; or set folders' types: semanage fcontext"
        yield _DENIED.found(system, system=system, count=len(denied), example=denied[-1][:200], advice=advice)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


CHECK = Check(
    "permissions",
    "the service's user, owners and modes of data, keys and media, and what SELinux or AppArmor denied",
    "threat T33; selinux(8); apparmor(7)",
    (_NO_USER, _OWNER, _OUT_OF_REACH, _SECRET, _UNREADABLE, _DENIED),
    look,
)
