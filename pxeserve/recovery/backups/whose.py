"""Whether a dump is of the pool that it was sent for. A pool's own id never changes: an earlier backup says it. The first one has to name a
host of the pool, by its name or its address. Refuses to know where either is kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pxeserve.recovery.backups.dump import Holds


def foreign(found: Holds, earlier: Mapping[str, Any] | None, names: Collection[str], addresses: Collection[str]) -> str:
    """Why `found` is another pool's; "" when it is not. `earlier` is what the newest good backup of the pool holds, `names` and
    `addresses` are those of its hosts."""
    if earlier is not None and earlier.get("pool_uuid"):
        if earlier["pool_uuid"] == found.pool_uuid:
            return ""
        return f"it is of the pool {found.pool_name!r} ({found.pool_uuid}), and the backups before it are of {earlier['pool_uuid']}"
    wanted = {name.lower() for name in names} | set(addresses)
    for host in found.hosts:
        said = {host["name"].lower(), host["hostname"].lower()}
        if wanted & (said | {name.partition(".")[0] for name in said} | {host["address"]}):
            return ""
    hosts = ", ".join(f"{one['name']} ({one['address']})" for one in found.hosts[:4])
    return f"it is of the pool {found.pool_name!r} with the hosts {hosts}, none of which is one of this pool's"


def too_new(found: Mapping[str, Any], known: Collection[tuple[str, str]]) -> str:
    """What to say of a dump whose product and version none of `known` (product, version) media install; "" when one does. It is kept: the
    medium may come later."""
    version = str(found.get("version", ""))
    if not version or any(
        other == version or other.startswith(f"{version}.") or version.startswith(f"{other}.") for _, other in known if other
    ):
        return ""
    return f"it is of {found.get('product') or 'a product'} {version}, which no imported medium installs: recovery needs one that does"
