"""The scripts around backups: the job that a pool sends them by, and what restores one. They hold no secret, and change nothing here."""

from __future__ import annotations

from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pxeserve import certificates, reached
from pxeserve.config import Config
from pxeserve.domain.role import Role
from pxeserve.errors import ConflictError, PxeserveError
from pxeserve.operations.context import Context
from pxeserve.operations.inventory.pools import known
from pxeserve.operations.recovering.backups import kept
from pxeserve.operations.registry import verb
from pxeserve.recovery.backups import scripts
from pxeserve.recovery.backups.scripts import Door, Job, Schedule
from pxeserve.recovery.backups.taking import Kind
from pxeserve.recovery.reaching import address_in
from pxeserve.store.pools import pool_by_id

_SPEAKS = 7
"""The first version whose control domain speaks TLS 1.2: before it, it is CentOS 5 with OpenSSL 0.9.8 (RFC 5246 came in 1.0.1)."""


@verb("backup.job", role=Role.OPERATOR, changes=False)
def job(
    context: Context,
    *,
    pool: str,
    kind: Kind = "database",
    host: str | None = None,
    on: Literal["dom0", "remote"] = "dom0",
    schedule: Schedule | None = None,
) -> dict[str, Any]:
    """The script that makes a backup of `pool` and sends it here, for its control domain or for a `remote` machine that has xe; and, with
    `schedule`, what runs it each night. `files` are path, mode and content of each; `needs` are files that people write."""
    if (host is not None) != (kind == "host"):
        raise PxeserveError("host: whose archive a backup of the kind `host` is, and of no other", fix="say --kind host --host NAME")
    with context.store.site.read() as connection:
        row = known(connection, pool.strip())
        name = host.strip().lower() if host is not None else ""
        if name and row.pool.member(name) is None:
            fix = f"its hosts are {', '.join(row.pool.hosts)}"
            raise PxeserveError(f"{name[:64]} is no host of {row.pool.name}", code="refused", fix=fix)
        address = address_in(connection, row.pool, row.pool.master)
    if on == "dom0" and _major(row.pool.version) < _SPEAKS:
        said = f"control domains of {row.pool.product or 'version'} {row.pool.version} speak no TLS 1.2, and could not send it"
        raise ConflictError(said, fix="run it on a machine that has xe: --on remote")
    if on == "remote" and address is None:
        fix = f"pxeserve pool set {row.pool.name} --set address=ADDRESS"
        raise ConflictError(f"where the master {row.pool.master} answers is not known", fix=fix)
    wanted = Job(row.pool.name, kind, name, str(address) if on == "remote" else "")
    files = [(wanted.path, "0700", scripts.job(wanted, _door(context.config)))]
    files += [(path, "0644", content) for path, content in scripts.scheduled(wanted, schedule)] if schedule is not None else []
    needs = [(f"{scripts.FOLDER}/{wanted.name}.token", f"pxeserve token create NAME --scope backup:write --pool {row.pool.name}")]
    if on == "remote":
        needs.append(
            (f"{scripts.FOLDER}/{wanted.name}.password", f"the pool's user ({row.pool.user}) on its first line, its password on the second")
        )
    return {
        "pool": row.pool.name,
        "kind": kind,
        "on": on,
        "files": [{"path": path, "mode": mode, "content": content} for path, mode, content in files],
        "needs": [{"path": path, "mode": "0600", "what": what} for path, what in needs],
    }


@verb("backup.restore-script", role=Role.OPERATOR, changes=False)
def restore_script(context: Context, *, id: str) -> dict[str, Any]:
    """The script that restores a database onto a new master, for the backup of this id alone."""
    with context.store.site.read() as connection:
        row = kept(connection, id)
        found = pool_by_id(connection, row.pool_id)
    if row.kind != "database":
        fix = "xe host-restore file-name=FILE host=UUID, then boot its installer's restore (docs/modes.md)"
        raise ConflictError(f"backup {id} is the archive of a host: a host is restored from it by xe host-restore", fix=fix)
    assert found is not None  # a pool takes its backups with it
    return {"id": row.id, "pool": found.pool.name, "sha256": row.sha256, "content": scripts.restore(row, found.pool.name)}


def _door(config: Config) -> Door:
    path = certificates.file_of(config.server.data / "keys")
    try:
        chain = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        said = f"{path}: there is no certificate that the job could know the console by"
        raise PxeserveError(said, fix="start the console once") from None
    pem = b"".join(one.public_bytes(Encoding.PEM) for one in chain)
    return Door(reached.names(config)[0], config.console.port, pem.decode())


def _major(version: str) -> int:
    first = version.partition(".")[0]
    return int(first) if first.isdecimal() else _SPEAKS
