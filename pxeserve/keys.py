"""The service's own keys: one to seal what must be presented again, one to sign boot session ids, one for backups. Made once, never shown.

A key that cannot be read, or that others can read, stops the service: a fallback would be a hole.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from pxeserve.errors import PxeserveError

_LENGTH = 32
BACKUP_KEY = "backup.key"
"""Its file, in `keys`."""
NO_BACKUP_KEY = "put it back from where it is saved; if it is lost for good, so are those backups: pxeserve backup remove ID"
"""What to do when it is missing and there are backups under it."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Two 32-byte secrets."""

    seal: bytes = field(repr=False)
    session: bytes = field(repr=False)


def load_keys(data: Path) -> Keys:
    """The keys beneath `data`, made at the first call. Raises PxeserveError when a file is cut short or open to others."""
    folder = data / "keys"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Keys(_key(folder / "seal.key"), _key(folder / "session.key"))


def backup_key(data: Path) -> bytes:
    """The 32-byte key of the backups beneath `data`, made at the first call: a file of its own, so that it can lie elsewhere than they do.
    Raises PxeserveError as `load_keys` does."""
    folder = data / "keys"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return _key(folder / BACKUP_KEY)


def _key(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_LENGTH))
            file.flush()
            os.fsync(file.fileno())
    try:
        if path.stat().st_mode & 0o077:
            raise PxeserveError(f"{path}: other users may read this key", fix=f"chmod 600 {path}")
        content = path.read_bytes()
    except OSError as error:
        raise PxeserveError(f"{path}: cannot be read: {error.strerror}") from None
    if len(content) != _LENGTH:
        fix = "restore it from a backup; a new key would lose what is sealed"
        raise PxeserveError(f"{path}: {len(content)} bytes instead of {_LENGTH}", fix=fix)
    return content
