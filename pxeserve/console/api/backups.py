"""Backups of pools: what is kept and what each holds. Sending and fetching one are ways of their own (`backup_bytes`)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pxeserve.console.api.hosts import Removed
from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Body, Found, Moment, Name, Open


class OfPool(Found):
    """Whose backups."""

    pool: Name | None = Field(None, description="Only this pool's.")


class Backup(Answer):
    """One of them."""

    id: str
    pool: str
    kind: str = Field(description="`database` (xe pool-dump-database) or `host` (xe host-backup).")
    host: str = Field(description="Whose archive it is; empty for a database.")
    taken_at: Moment
    size: int = Field(description="Bytes.")
    sha256: str
    state: str = Field(description="`good`; `damaged`, until a check finds it whole again; or `refused`, of which nothing was kept.")
    because: str = Field(description="Why it was refused, with the place; or when and how it was found damaged.")
    by: str
    holds: Open = Field(
        description="What was read in a database: product, version, build, schema, pool_uuid, pool_name, master_uuid, hosts, srs, vms, "
        "suspended; lists of 1,000 items at most, and in `more` how many they leave out."
    )
    note: str = Field(description="What recovery will lack, such as a medium of that version.")


class BackupChecked(Answer):
    """A backup of which every byte was read."""

    id: str
    bytes: int
    sha256: str
    state: str


class JobOf(Body):
    """Which job."""

    kind: Literal["database", "host"] = Field("database", description="`database` or `host`.")
    host: Name | None = Field(None, description="With the kind `host`: whose archive.")
    on: Literal["dom0", "remote"] = Field("dom0", description="`dom0`: in a control domain; `remote`: on a machine that has xe.")
    schedule: Literal["cron", "systemd"] | None = Field(None, description="What runs it each night.")


class JobFile(Answer):
    """A file of a job."""

    path: str
    mode: str
    content: str


class JobNeed(Answer):
    """A file that people write."""

    path: str
    mode: str
    what: str


class BackupJob(Answer):
    """What makes backups and sends them."""

    pool: str
    kind: str
    on: str
    files: list[JobFile]
    needs: list[JobNeed] = Field(description="Files that hold secrets, which pxeserve does not write.")


class RestoreScript(Answer):
    """What restores a database."""

    id: str
    pool: str
    sha256: str = Field(description="Of the file that it takes.")
    content: str


ROUTES = (
    Route("GET", "/backups", "backup.list", "Backups, the newest first", Backup, query=OfPool, way=Way.LIST, key="id"),
    Route("GET", "/backups/{id}", "backup.show", "One backup, and what it holds", Backup),
    Route("POST", "/backups/{id}/check", "backup.check", "Read every byte of it again", BackupChecked, way=Way.JOB, about="backup {id}"),
    Route("GET", "/backups/{id}/restore-script", "backup.restore-script", "What restores a database onto a new master", RestoreScript),
    Route("GET", "/pools/{pool}/backup-job", "backup.job", "What makes backups of a pool and sends them", BackupJob, query=JobOf),
    Route("DELETE", "/backups/{id}", "backup.remove", "Remove a backup", Removed),
)
