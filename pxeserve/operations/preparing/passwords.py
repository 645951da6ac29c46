"""Root passwords of installations: which one is written, which one is shown, which one is kept for a day; and the verb that asks for it.

Generations from 5.6 on are given hashes and nothing else, whatever was declared. Older ones read plain text alone: a random password goes
to them over the wire, and the hook replaces it in the new system by another one, of which only a hash leaves this house.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from pxeserve.answerfile import passwords
from pxeserve.answerfile.answers import Mode, RootPassword
from pxeserve.answerfile.scripts.generations import GENERATIONS
from pxeserve.config import Config
from pxeserve.domain.role import Role
from pxeserve.errors import RefusedError
from pxeserve.installs import secret
from pxeserve.installs.secret import Secret
from pxeserve.keys import load_keys
from pxeserve.operations.context import Context
from pxeserve.operations.inventory.hosts import known
from pxeserve.operations.registry import verb

_ASKED_IN = frozenset({Mode.FRESH, Mode.REINSTALL})
_PLAIN = "its installer reads root's password in plain text only"


@dataclass(frozen=True, slots=True)
class Given:
    """The password of one installation. `answer` stands in the answerfile (None: its mode asks for none); `made` is a random one, to be
    shown to a person; `root_hash` is what the hook is to put in its place, and `delivered` the plain text that it replaces; `warnings` are
    for whoever arms. For a host of a pool `once` is what it is until the first boot puts the one of `final_hash` in its place."""

    answer: RootPassword | None = field(default=None, repr=False)
    made: str | None = field(default=None, repr=False)
    root_hash: str | None = field(default=None, repr=False)
    delivered: str = field(default="", repr=False)
    warnings: tuple[str, ...] = ()
    once: str = field(default="", repr=False)
    final_hash: str = field(default="", repr=False)

    def kept(self, *, shown: bool) -> Secret:
        """What is kept for whoever asks later, when `made` was `shown` at once or was not."""
        return Secret("" if shown and self.made else self.made or self.once, self.delivered)


def given(config: Config, whose: str, host_id: int, dialect: str, mode: Mode, declared: Any) -> Given:
    """The password for an installation of the host `whose`. `declared` is what was said for root-password, all layers put together.

    Raises RefusedError for plain text that the configuration does not allow, and for a hash that the installer would take for the password.
    """
    if mode not in _ASKED_IN:
        return Given()
    plain = plain_only(dialect)
    said = _said(declared, host_id)
    _refuse(config, whose, dialect, said)
    if said is None:
        return _random(whose, plain)
    if said.hashed:
        advice = passwords.hash_advice(said.text)
        return Given(said, warnings=(f"root-password: {advice}",) if advice else ())
    if plain:
        warning = f"root-password: {_PLAIN}: it goes over the network as it is, and stays in the installer's log and here"
        return Given(said, warnings=(warning,))
    warning = "root-password: it lies here in plain text; pxeserve host set --password keeps a hash of it instead"
    return Given(RootPassword(passwords.hashed(said.text), hashed=True), warnings=(warning,))


def previewed(config: Config, whose: str, host_id: int, dialect: str, mode: Mode, declared: Any, sign: str) -> Given:
    """The same with `sign` in the place of any password: for what people look at. Nothing is made and nothing hashed."""
    if mode not in _ASKED_IN:
        return Given()
    _refuse(config, whose, dialect, _said(declared, host_id))
    return Given(RootPassword(sign, hashed=not plain_only(dialect)))


def plain_only(dialect: str) -> bool:
    """Whether installers of that generation take a hash for the password itself."""
    generation = GENERATIONS.get(dialect)
    return generation is not None and generation.plain_passwords


def _said(declared: Any, host_id: int) -> RootPassword | None:
    """What was declared, as this host takes it; None: a random one is to be made."""
    match declared:
        case {"hashes": hashes}:
            return RootPassword(passwords.own_hash(hashes, host_id), hashed=True)
        case {"hash": str(text)}:
            return RootPassword(text, hashed=True)
        case {"plaintext": str(text)}:
            return RootPassword(text)
        case str(text) if text != "random":
            return RootPassword(text)
    return None


def _refuse(config: Config, whose: str, dialect: str, said: RootPassword | None) -> None:
    if said is None:
        return
    if said.hashed and plain_only(dialect):
        raise RefusedError(
            f"{whose}: root-password is a hash, and installers of {dialect} read plain text: they would take it for the password itself",
            fix="leave it out, and a random one is made, which the hook replaces; or allow plain text: [answerfile] allow_plaintext = true",
        )
    if said.hashed:
        return
    if not config.answerfile.allow_plaintext:
        raise RefusedError(
            f"{whose}: its root password is in plain text, which the configuration does not allow",
            fix=f"pxeserve host set {whose} --password asks for it and keeps a hash; leave it out and a random one is made and shown once; "
            "or set [answerfile] allow_plaintext = true",
        )
    fault = passwords.password_fault(said.text)
    if fault is not None:
        raise RefusedError(f"{whose}: {fault}")


def _random(whose: str, plain: bool) -> Given:
    made = passwords.random_password()
    if not plain:
        return Given(RootPassword(passwords.hashed(made, passwords.RANDOM_ROUNDS), hashed=True), made)
    delivered = passwords.random_password()
    said = (
        f"root-password: {_PLAIN}: a random one goes over the network, and the hook puts another one in its place before the host ever "
        f"starts. If pxeserve host password {whose} still tells one when the installation is over, the hook could not"
    )
    return Given(RootPassword(delivered), made, passwords.rotated(made), delivered, (said,))


@verb("host.password", role=Role.OPERATOR, fresh=True)
def password(context: Context, *, name: str) -> dict[str, Any]:
    """The random root password of a host's newest installation: told once, and no later than a day after it was armed."""
    with context.store.site.read() as connection:
        host = known(connection, name)
    keys = load_keys(context.config.server.data)
    told, row = secret.reveal(context.store, keys, host.id, host.name, context.actor.name, time.time())
    return {"host": host.name, "install": row.id, "root_password": told.root or None, "not_replaced": told.delivered or None}

