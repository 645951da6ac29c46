"""`export` prints the site in the form in which `apply` reads it."""

from __future__ import annotations

from typing import Any

import yaml

from pxeserve.domain.role import Role
from pxeserve.operations.context import Context
from pxeserve.operations.inventory import sites
from pxeserve.operations.inventory.difference import host_plain, medium_plain, profile_plain
from pxeserve.operations.inventory.scenarios import plain
from pxeserve.operations.registry import verb
from pxeserve.store import inventory, media, pools

_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@verb("export", role=Role.VIEWER)
def export(context: Context) -> dict[str, Any]:
    """The site as `apply` reads it. Passwords are not printed: hosts and pools keep their own when such a file is applied again."""
    with context.store.site.read() as connection:
        shared = sites.described(connection)
        found = {
            **({"site": shared} if shared["answerfile"] else {}),
            "media": [medium_plain(one, media.origin(connection, one.name)[0]) for one in inventory.media(connection)],
            "profiles": [profile_plain(profile) for profile in inventory.profiles(connection)],
            "hosts": [host_plain(host) for host in inventory.hosts(connection)],
            "pools": [plain(row.pool) for row in pools.pools(connection)],
        }
    return {"site": yaml.dump(found, Dumper=_DUMPER, sort_keys=False, allow_unicode=True)}
