"""The scripts around backups: the job that sends one here, and what restores one onto a new master. Bodies are constants
(`answerfiles/backups/`); what differs stands in a head of quoted words, so that no text of a site becomes shell. No secret is in them:
token and password lie in files beside the job. Refuses to know who serves, and how a script comes to where it runs.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import quote, urlencode

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pxeserve import resources
from pxeserve.answerfile.scripts.words import NOTICE, head
from pxeserve.store.backups import BackupRow

Schedule = Literal["cron", "systemd"]
FOLDER = "/etc/pxeserve"
"""Where the job lies on the machine that runs it, with its token."""

_BODIES = {path.name: path.read_text(encoding="ascii") for path in sorted((resources.folder("answerfiles") / "backups").glob("*.sh"))}
_HOURS = (1, 5)
"""In the night, between these: each pool at a minute of its own, that they do not all come at once."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where the console is asked: `name` (or address) and `port`, and the PEM of the certificates that it serves with, its own first."""

    name: str
    port: int
    certificates: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Job:
    """What is sent: a backup of `kind` of `pool`; of `host` where it is a host's. `master`: where its toolstack is asked from elsewhere; ""
    in a control domain."""

    pool: str
    kind: str
    host: str = ""
    master: str = ""

    @property
    def name(self) -> str:
        """What its files are called: letters, digits and hyphens, as cron asks for."""
        told = f"{self.pool}-{self.host or self.kind}"
        plain = re.sub(r"[^A-Za-z0-9]+", "-", told).strip("-")[:60]
        return f"backup-{plain}-{zlib.crc32(told.encode()):08x}"

    @property
    def path(self) -> str:
        """Where its script lies."""
        return f"{FOLDER}/{self.name}.sh"


def job(wanted: Job, door: Door) -> str:
    """The script that makes the backup and sends it to `door`."""
    first = x509.load_pem_x509_certificates(door.certificates.encode())[0]
    public = first.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    query = urlencode({"kind": wanted.kind, **({"host": wanted.host} if wanted.host else {})})
    words = {
        "pool": wanted.pool,
        "kind": wanted.kind,
        "host": wanted.host,
        "master": wanted.master,
        "name": door.name,
        "port": str(door.port),
        "path": f"/api/v1/pools/{quote(wanted.pool, safe='')}/backups?{query}",
        "fingerprint": hashlib.sha256(first.public_bytes(Encoding.DER)).hexdigest(),
        "key": base64.b64encode(hashlib.sha256(public).digest()).decode(),
        "certificate": door.certificates,
    }
    places = "".join(
        f"{name}=${{{name.upper()}:-{shlex.quote(f'{FOLDER}/{wanted.name}.{name}')}}}\n" for name in ("token", "password")
    )
    return _head(words) + places + _BODIES["job.sh"]


def scheduled(wanted: Job, how: Schedule) -> list[tuple[str, str]]:
    """What has the script run each night: path and content of each file."""
    minute = zlib.crc32(wanted.name.encode()) % ((_HOURS[1] - _HOURS[0]) * 60)
    hour, minute = _HOURS[0] + minute // 60, minute % 60
    if how == "cron":
        return [(f"/etc/cron.d/pxeserve-{wanted.name}", f"{minute} {hour} * * * root {wanted.path}\n")]
    unit = f"/etc/systemd/system/pxeserve-{wanted.name}"
    told = re.sub(r"[^ -~]|%", "?", f"pxeserve: {wanted.kind} backup of {wanted.host or wanted.pool}")
    service = f"[Unit]\nDescription={told}\n\n[Service]\nType=oneshot\nExecStart=/bin/sh {wanted.path}\nUMask=0077\nPrivateTmp=yes\n"
    timer = (
        f"[Unit]\nDescription={told}\n\n[Timer]\nOnCalendar=*-*-* {hour:02}:{minute:02}:00\nPersistent=yes\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )
    return [(f"{unit}.service", service), (f"{unit}.timer", timer)]


def restore(row: BackupRow, pool: str) -> str:
    """The script that restores a database onto a new master: checks, dry run, typed word, and the guests whose memory is lost."""
    holds = row.holds
    master: Mapping[str, Any] = next((one for one in holds.get("hosts", ()) if one["uuid"] == holds.get("master_uuid")), {})
    words = {
        "id": row.id,
        "sha256": row.sha256,
        "pool": pool,
        "taken": f"{datetime.fromtimestamp(row.taken_at, UTC):%Y-%m-%d %H:%M} UTC",
        "master": str(master.get("name", "")),
        "address": str(master.get("address", "")),
    }
    text = _head(words) + _BODIES["restore.sh"]
    lost = _lost(holds)
    if not lost:
        return text
    force = "-force" if str(holds.get("version", "")).startswith("4.") else "--force"
    lines = "".join(
        f"    reset {shlex.quote(one['uuid'])} {shlex.quote(_plain(one['name']))} \"$1\"\n" for one in lost
    )
    act = (
        "\nreset() {\n"
        f"    echo \"xe vm-reset-powerstate vm=$1 {force}  # $2\"\n"
        f"    [ \"$3\" = printed ] || xe vm-reset-powerstate vm=\"$1\" {force} </dev/null || echo \"not set to halted: $2\" >&2\n"
        "}\n"
    )
    more = int(holds.get("more", {}).get("suspended", 0))
    also = f"echo {shlex.quote(f'and {more} more that are not named here: xe vm-list power-state=suspended')}\n" if more else ""
    return f"{text}{act}suspended() {{\n{lines}}}\n{also}{_BODIES['suspended.sh']}"


def _lost(holds: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Suspended guests whose image lay on storage that is no pool's, or is not known. Two storages may have one name, and no UUID is
    two's."""
    shared = {one["uuid"] for one in holds.get("srs", ()) if one["shared"]}
    return [one for one in holds.get("suspended", ()) if one["sr_uuid"] not in shared]


def _head(words: Mapping[str, str]) -> str:
    told = head(**{name: value if name == "certificate" else _plain(value) for name, value in words.items()})
    return told.replace(NOTICE, "# Written by pxeserve; ask it again rather than changing this.\n", 1)


def _plain(text: str) -> str:
    """Without what moves a terminal's cursor, or ends a line."""
    return "".join(one if one.isprintable() else "?" for one in text)
