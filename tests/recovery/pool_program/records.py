"""Objects of a pool's database, with the fields and spellings of the real ones. Whole numbers are text, as XAPI sends them."""

from __future__ import annotations

import uuid
from typing import Any

NULL = "OpaqueRef:NULL"
Record = dict[str, Any]
Database = dict[str, dict[str, Record]]
CLASSES = ("pool", "host", "host_metrics", "host_cpu", "SR", "PBD", "VM", "VDI", "PIF", "network", "task")

BUILDS = {
    "4.1.0": ("XenServer", "7843", "3.0"), "5.6.100": ("XenServer", "39265p", "5.51"), "6.5.0": ("XenServer", "90233c", "5.71"),
    "7.6.0": ("XenServer", "release/naples/master/59", "5.142"), "8.2.1": ("XCP-ng", "release/stockholm/master/7", "5.603"),
    "8.3.0": ("XCP-ng", "cloud", "5.783"),
}  # fmt: skip
"""Of a version: brand, build, schema of the database."""


def ref() -> str:
    """A new opaque reference."""
    return f"OpaqueRef:{uuid.uuid4()}"


def add(database: Database, kind: str, record: Record) -> str:
    """Put a record into the database; its reference."""
    made = ref()
    database[kind][made] = {"uuid": str(uuid.uuid4()), **record}
    return made


def numbers(version: str) -> tuple[int, ...]:
    """A version to compare by."""
    return tuple(int(part) for part in version.split("."))


def fresh(host: dict[str, Any]) -> Database:
    """What lies in the database of a newly installed host: a pool of one, without a name, with its local storage."""
    database: Database = {kind: {} for kind in CLASSES}
    host_ref = add_host(database, host)
    network = add(database, "network", {"name_label": "Pool-wide network associated with eth0", "bridge": "xenbr0", "PIFs": []})
    pif = {
        "device": "eth0", "network": network, "host": host_ref, "MAC": host["mac"], "MTU": "1500", "VLAN": "-1", "physical": True,
        "currently_attached": True, "ip_configuration_mode": host["addressing"], "IP": host["address"], "netmask": "255.255.255.0",
        "gateway": "", "DNS": "", "management": True, "bond_master_of": [], "bond_slave_of": NULL, "VLAN_master_of": NULL,
    }  # fmt: skip
    database["host"][host_ref]["PIFs"] = database["network"][network]["PIFs"] = [add(database, "PIF", pif)]
    local = add_sr(database, "Local storage", host["local"], shared=False)
    add_pbd(database, host_ref, local, {"device": "/dev/sda3"})
    domain = vm(f"Control domain on host: {host['name']}", "Running", host_ref)
    domain["is_control_domain"] = True
    add(database, "VM", domain)
    pool = {
        "name_label": "", "name_description": "", "master": host_ref, "default_SR": local, "suspend_image_SR": local,
        "crash_dump_SR": local, "ha_enabled": False, "other_config": {}, "restrictions": {}, "tags": [],
    }  # fmt: skip
    add(database, "pool", pool)
    return database


def add_host(database: Database, host: dict[str, Any]) -> str:
    """A host's record, its CPUs and its metrics."""
    brand, build, schema = BUILDS[host["version"]]
    version = numbers(host["version"])
    software = {
        "product_version": host["version"], "product_brand": host.get("brand") or brand, "build_number": host.get("build") or build,
        "db_schema": schema, "xapi": "1.3", "xen": "4.17" if version[0] > 7 else "3.1.4", "date": "2025-01-01", "hg_id": "1b2",
        "platform_name": "XCP", "platform_version": host["version"],
    }  # fmt: skip
    if version < (5, 6) and host["linux_pack"]:
        software["package-linux"] = "installed"
    metrics = add(database, "host_metrics", {"live": True, "memory_total": "8589934592", "memory_free": "4294967296"})
    record: Record = {
        "uuid": host["uuid"], "name_label": host["name"], "name_description": "Default install", "hostname": host["name"],
        "address": host["address"], "enabled": True, "software_version": software, "API_version_major": "2", "API_version_minor": "21",
        "metrics": metrics, "PIFs": [], "PBDs": [], "host_CPUs": [], "resident_VMs": [], "suspend_image_sr": NULL, "crash_dump_sr": NULL,
        "other_config": {"iscsi_iqn": f"iqn.2025-01.org.example:{host['uuid'][:8]}"}, "license_params": {"sku_type": host["edition"]},
        "external_auth_type": host["external_auth"], "external_auth_service_name": "", "external_auth_configuration": {},
        "allowed_operations": [], "current_operations": {}, "tags": [],
    }  # fmt: skip
    if version >= (5, 6):
        record["cpu_info"] = {"cpu_count": "2", "vendor": host["cpu"], "modelname": "CPU", "family": "6", "model": "85"}
        record["edition"] = host["edition"]
    if version >= (7, 6):
        record["iscsi_iqn"] = record["other_config"].pop("iscsi_iqn")
    made = add(database, "host", record)
    cpu = {"host": made, "number": "0", "vendor": host["cpu"], "modelname": "CPU", "family": "6", "model": "85", "flags": "fpu vme"}
    record = database["host"][made]
    record["host_CPUs"] = [add(database, "host_cpu", cpu)]
    return made


def add_sr(database: Database, name: str, kind: str, *, shared: bool) -> str:
    """A storage repository."""
    content = "iso" if kind == "iso" else "user"
    made = {
        "name_label": name, "name_description": "", "type": kind, "shared": shared, "content_type": content, "PBDs": [], "VDIs": [],
        "physical_size": "107374182400", "physical_utilisation": "0", "virtual_allocation": "0", "other_config": {}, "sm_config": {},
    }  # fmt: skip
    return add(database, "SR", made)


def add_pbd(database: Database, host: str, storage: str, config: dict[str, str]) -> None:
    """The way of one host to one storage repository."""
    made = add(database, "PBD", {"host": host, "SR": storage, "device_config": config, "currently_attached": True, "other_config": {}})
    database["host"][host]["PBDs"].append(made)
    database["SR"][storage]["PBDs"].append(made)


def vm(name: str, power: str, host: str = NULL, suspended_on: str = NULL) -> Record:
    """A guest; `suspended_on` is the image (VDI) that it was suspended to."""
    return {
        "name_label": name, "name_description": "", "power_state": power, "resident_on": host if power == "Running" else NULL,
        "affinity": host, "is_a_template": False, "is_a_snapshot": False, "is_control_domain": False, "suspend_VDI": suspended_on,
        "other_config": {}, "current_operations": {}, "allowed_operations": [], "VBDs": [], "VIFs": [],
    }  # fmt: skip


def disk(name: str, storage: str, kind: str = "user") -> Record:
    """A guest's disk, or its suspended image."""
    return {"name_label": name, "name_description": "", "SR": storage, "type": kind, "virtual_size": "1073741824", "VBDs": []}
