"""What a host of a pool is to do when its new system starts first: its steps, the script that puts them there, and what is sealed for them.

Refuses to know who is armed, and what becomes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pxeserve.answerfile import passwords
from pxeserve.answerfile.answers import Mode, RootPassword
from pxeserve.domain.host import Host
from pxeserve.errors import RefusedError
from pxeserve.installs import first_boot, seal
from pxeserve.installs.first_boot import Kept
from pxeserve.keys import load_keys
from pxeserve.operations.context import Context
from pxeserve.operations.preparing.passwords import Given, plain_only
from pxeserve.operations.server.address import base_url
from pxeserve.recovery.firstboot.script import WordsError, script
from pxeserve.recovery.firstboot.steps import Role, chap, role_of, steps, unlicensed
from pxeserve.recovery.reaching import address_in, address_of
from pxeserve.recovery.secrets import Secrets, open_secrets
from pxeserve.store import pools
from pxeserve.store.pools import PoolRow

_MARK = 12


@dataclass(frozen=True, slots=True)
class InPool:
    """The pool that a host is in, its role there, and the pool's secrets."""

    row: PoolRow
    role: Role
    secrets: Secrets = field(default_factory=Secrets, repr=False)

    @property
    def root(self) -> str | None:
        """The password that root of this host comes to have, where it is known: the pool's own; None where it is what is declared or made.
        "" says that it comes with the join."""
        if self.role is Role.MEMBER:
            return ""
        return (self.secrets.password or None) if self.row.pool.user == "root" else None


def in_pool(context: Context, host: Host, mode: Mode) -> InPool | None:
    """Where `host` is in a pool, and has something to do there after an installation in `mode`. Raises PxeserveError when the secrets of
    the pool cannot be opened."""
    if mode is Mode.RESTORE:
        return None
    with context.store.site.read() as connection:
        row = pools.pool_of_host(connection, host.id)
    if row is None:
        return None
    return InPool(row, role_of(row.pool, host.name, mode), open_secrets(row, load_keys(context.config.server.data)))


def prepared(context: Context, host: Host, found: InPool, dialect: str, given: Given, key: bytes) -> tuple[bytes, Kept]:
    """The script of `found`'s first boot, and what is to be sealed for it. Raises RefusedError for what no script can say."""
    todo = steps(found.row.pool, host.name, found.role, dialect)
    token = first_boot.token(key)
    mark = (seal.token_hash(token) or "")[:_MARK]
    try:
        body = script(todo, f"{base_url(context.config)}/fb/{token}", mark)
    except WordsError as error:
        said = f"{host.name}: its first boot in pool {found.row.pool.name}: {error}"
        raise RefusedError(said, fix="pxeserve pool set changes it") from None
    with context.store.site.read() as connection:
        own = {one for one in (address_of(connection, host), address_in(connection, found.row.pool, host.name)) if one}
    pool_id = found.row.id if found.role is Role.MEMBER else None
    answers = _answers(host, found, {one.name for one in todo}, given)
    return body, Kept(given.once, answers, {one.name: one.called for one in todo}, tuple(sorted(own)), pool_id)


def warnings(found: InPool, dialect: str) -> tuple[str, ...]:
    """What its first boot will leave out, a sentence each."""
    said = unlicensed(found.row.pool, dialect) if found.role is not Role.KEPT else None
    return (f"pool {found.row.pool.name}: {said}",) if said else ()


def once(found: InPool, given: Given, dialect: str) -> Given:
    """`given` for a host whose first boot has to be logged in to: root has a random password until its pool's, the declared or the made one
    takes its place. Nothing is changed where no password is set."""
    if given.answer is None or found.role is Role.KEPT:
        return given
    made, plain = passwords.random_password(), plain_only(dialect)
    short = passwords.rotated if plain else _hashed
    final = ""
    if found.root is None:
        final = given.root_hash or (given.answer.text if given.answer.hashed else short(given.answer.text))
    elif found.root:
        final = short(found.root)
    answer = given.answer if plain else RootPassword(short(made), hashed=True)
    shown = given.made if found.root is None else None
    return replace(given, answer=answer, made=shown, root_hash=short(made) if plain else None, once=made, final_hash=final)


def _hashed(password: str) -> str:
    return passwords.hashed(password, passwords.RANDOM_ROUNDS)


def _answers(host: Host, found: InPool, todo: set[str], given: Given) -> Mapping[str, str]:
    answers = {"root": given.final_hash} if given.final_hash else {}
    for number, one in enumerate(found.row.pool.storage, 1):
        if one.chap_user and f"storage.{number}" in todo:
            word = found.secrets.chap.get(one.name)
            if not word:
                said = f"{host.name}: storage {one.name} of pool {found.row.pool.name} asks for CHAP, and no password was given for it"
                raise RefusedError(said, fix=f"pxeserve pool secret {found.row.pool.name}")
            answers[chap(number)] = word
    return answers
