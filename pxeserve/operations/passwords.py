"""Root passwords of installations: which one is written, which one is shown, which one is kept for a day; and the verb that asks for it.

Generations from 5.6 on are given hashes and nothing else, whatever was declared. Older ones read plain text alone: a random password goes to
them over the wire, and the hook replaces it in the new system by another one, of which only a hash leaves this house.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from pxeserve.answerfile import passwords
from pxeserve.answerfile.answers import Mode, RootPassword
from pxeserve.answerfile.scripts.generations import GENERATIONS
from pxeserve.config import Config
from pxeserve.errors import RefusedError
from pxeserve.installs import secret
from pxeserve.installs.secret import Secret
from pxeserve.keys import load_keys
from pxeserve.operations.context import Context
from pxeserve.operations.hosts import known
from pxeserve.operations.registry import verb

_ASKED_IN = frozenset({Mode.FRESH, Mode.REINSTALL})
_PLAIN = "its installer reads root's password in plain text only"


@dataclass(frozen=True, slots=True)
class Given:
    """The password of one installation. `answer` stands in the answerfile (None: its mode asks for none); `made` is a random one, to be
    shown to a person; `root_hash` is what the hook is to put in its place, and `delivered` the plain text that it replaces; `warnings` are
    for whoever arms."""

    answer: RootPassword | None = field(default=None, repr=False)
    made: str | None = field(default=None, repr=False)
    root_hash: str | None = field(default=None, repr=False)
    delivered: str = field(default="", repr=False)
    warnings: tuple[str, ...] = ()

    def kept(self, *, shown: bool) -> Secret:
        """What is kept for whoever asks later, when `made` was `shown` at once or was not."""
        return Secret("" if shown else self.made or "", self.delivered)


def given(config: Config, whose: str, host_id: int, dialect: str, mode: Mode, declared: Any) -> Given:
    """The password for an installation of the host `whose`. `declared` is what was said for root-password, all layers put together.

    Raises RefusedError for plain text that the configuration does not allow, and for a hash that the installer would take for the password.
    """
    if mode not in _ASKED_IN:
        return Given()
    generation = GENERATIONS.get(dialect)
    plain_only = generation is not None and generation.plain_passwords
    match declared:
        case {"hashes": hashes}:
            return _hash(whose, dialect, passwords.own_hash(hashes, host_id), plain_only)
        case {"hash": str(text)}:
            return _hash(whose, dialect, text, plain_only)
        case {"plaintext": str(text)} | str(text) if text != "random":
            return _plain(config, whose, text, plain_only)
    return _random(whose, plain_only)


def _hash(whose: str, dialect: str, text: str, plain_only: bool) -> Given:
    if plain_only:
        raise RefusedError(
            f"{whose}: root-password is a hash, which installers of {dialect} would take for the password itself",
            fix="leave it out and a random one is made and replaced by the hook, or allow plain text with [answerfile] allow_plaintext = true",
        )
    advice = passwords.hash_advice(text)
    return Given(RootPassword(text, hashed=True), warnings=(f"root-password: {advice}",) if advice else ())


def _plain(config: Config, whose: str, text: str, plain_only: bool) -> Given:
    if not config.answerfile.allow_plaintext:
        raise RefusedError(
            f"{whose}: its root password is in plain text, which the configuration does not allow",
            fix=f"pxeserve host set {whose} --password asks for it and keeps a hash; leave it out and a random one is made and shown once; or "
            "set [answerfile] allow_plaintext = true",
        )
    fault = passwords.password_fault(text)
    if fault is not None:
        raise RefusedError(f"{whose}: {fault}")
    if plain_only:
        said = f"root-password: {_PLAIN}: it goes over the network as it is, and stays in the installer's log and here"
        return Given(RootPassword(text), warnings=(said,))
    said = "root-password: it lies here in plain text; pxeserve host set --password keeps a hash of it instead"
    return Given(RootPassword(passwords.hashed(text), hashed=True), warnings=(said,))


def _random(whose: str, plain_only: bool) -> Given:
    made = passwords.random_password()
    if not plain_only:
        return Given(RootPassword(passwords.hashed(made, passwords.RANDOM_ROUNDS), hashed=True), made)
    delivered = passwords.random_password()
    said = (
        f"root-password: {_PLAIN}: a random one goes over the network, and the hook puts another one in its place before the host ever "
        f"starts. If pxeserve host password {whose} still tells one when the installation is over, the hook could not"
    )
    return Given(RootPassword(delivered), made, passwords.rotated(made), delivered, (said,))


@verb("host.password")
def password(context: Context, *, name: str) -> dict[str, Any]:
    """The random root password of a host's newest installation: told once, and no later than a day after it was armed."""
    with context.store.site.read() as connection:
        host = known(connection, name)
    keys = load_keys(context.config.server.data)
    told, row = secret.reveal(context.store, keys, host.id, host.name, context.actor.name, time.time())
    return {"host": host.name, "install": row.id, "root_password": told.root or None, "not_replaced": told.delivered or None}

