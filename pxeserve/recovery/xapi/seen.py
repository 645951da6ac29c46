"""What is read of a pool's objects, as values: hosts, the pool, storage, guests, tasks. Only what somebody here goes by.

Names are as people gave them, made harmless; references hold for one session, UUIDs for ever.
"""

from __future__ import annotations

from dataclasses import dataclass

from pxeserve.events.record import harmless
from pxeserve.recovery.xapi.fields import Fields

_LINUX_PACK = "package-linux"


@dataclass(frozen=True, slots=True)
class HostSeen:
    """A host. `live`: the master hears of it; `cpu_vendor` is "" where its record does not say (before 5.6); `linux_pack` matters in
    4.1 and 5.0."""

    ref: str
    uuid: str
    name: str
    address: str
    enabled: bool
    live: bool
    product: str
    version: str
    build: str
    linux_pack: bool
    cpu_vendor: str
    external_auth: str
    cpus: tuple[str, ...]

    def runs(self) -> str:
        """What it runs, in words."""
        return f"{self.product} {self.version} build {self.build}"


@dataclass(frozen=True, slots=True)
class PoolSeen:
    """The pool. `master` is a reference."""

    ref: str
    uuid: str
    name: str
    master: str
    ha: bool


@dataclass(frozen=True, slots=True)
class StorageSeen:
    """A storage repository. `kind` is its type (`lvm`, `nfs`); the one of the tools is shared everywhere and counts for nothing."""

    ref: str
    uuid: str
    name: str
    kind: str
    shared: bool
    tools: bool


@dataclass(frozen=True, slots=True)
class PlugSeen:
    """How one host reaches one storage repository (a PBD): `host` and `storage` are references."""

    uuid: str
    host: str
    storage: str
    attached: bool


@dataclass(frozen=True, slots=True)
class GuestSeen:
    """A guest; never a template, a snapshot or a control domain. `power`: Running, Suspended and so on."""

    ref: str
    uuid: str
    name: str
    power: str


@dataclass(frozen=True, slots=True)
class TaskSeen:
    """What a host is doing or has done. `state`: pending, success, failure, cancelling or cancelled; `words` are a failure's."""

    ref: str
    name: str
    state: str
    words: tuple[str, ...]


def host_seen(fields: Fields, metrics: dict[str, Fields]) -> HostSeen:
    """A host's record with its metrics. Raises LiesError."""
    software = fields.words("software_version")
    measured = metrics.get(fields.to("metrics"))
    return HostSeen(
        ref=fields.ref,
        uuid=fields.uuid(),
        name=harmless(fields.text("name_label")),
        address=harmless(fields.text("address")),
        enabled=fields.flag("enabled"),
        live=measured.flag("live") if measured is not None else False,
        product=harmless(software.get("product_brand", "")),
        version=harmless(software.get("product_version", "")),
        build=harmless(software.get("build_number", "")),
        linux_pack=_LINUX_PACK in software,
        cpu_vendor=harmless(fields.words("cpu_info").get("vendor", "")) if fields.has("cpu_info") else "",
        external_auth=harmless(fields.text("external_auth_type")) if fields.has("external_auth_type") else "",
        cpus=fields.to_all("host_CPUs"),
    )


def pool_seen(fields: Fields) -> PoolSeen:
    """The pool's record. Raises LiesError."""
    ha = fields.flag("ha_enabled") if fields.has("ha_enabled") else False
    name = harmless(fields.text("name_label"))
    return PoolSeen(fields.ref, fields.uuid(), name, fields.to("master"), ha)


def storage_seen(fields: Fields) -> StorageSeen:
    """A storage repository's record. Raises LiesError."""
    tools = fields.words("other_config").get("xenserver_tools_sr") == "true" or (fields.has("is_tools_sr") and fields.flag("is_tools_sr"))
    name = harmless(fields.text("name_label"))
    return StorageSeen(fields.ref, fields.uuid(), name, harmless(fields.text("type")), fields.flag("shared"), tools)


def plug_seen(fields: Fields) -> PlugSeen:
    """A PBD's record. Raises LiesError."""
    return PlugSeen(fields.uuid(), fields.to("host"), fields.to("SR"), fields.flag("currently_attached"))


def guest_seen(fields: Fields) -> GuestSeen | None:
    """A guest's record; None for a template, a snapshot and a control domain. Raises LiesError."""
    if fields.flag("is_a_template") or fields.flag("is_control_domain") or (fields.has("is_a_snapshot") and fields.flag("is_a_snapshot")):
        return None
    name, power = harmless(fields.text("name_label")), harmless(fields.text("power_state"))
    return GuestSeen(fields.ref, fields.uuid(), name, power)


def task_seen(fields: Fields) -> TaskSeen:
    """A task's record. Raises LiesError."""
    return TaskSeen(fields.ref, harmless(fields.text("name_label")), fields.text("status"), fields.texts("error_info"))
