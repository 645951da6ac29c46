"""A host of a pool is armed: its first boot is frozen with the install, and what it is to be told stays sealed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pxeserve.domain.pool import Member, Pool, Storage, StorageKind
from pxeserve.errors import PxeserveError
from pxeserve.installs import first_boot, seal
from pxeserve.keys import load_keys
from pxeserve.recovery.secrets import Secrets, seal_secrets
from pxeserve.store import first_boots, installs, pools
from tests.operations.preparing.test_passwords import verifies
from tests.operations.test_site import Site, furnished

NAME = "filesystem-populated.pxeserve.first-boot.sh"
LUN = Storage("LUN", StorageKind.ISCSI, target="10.9.0.7", target_iqn="iqn.2001-05.com.example:t", scsi_id="360a98", chap_user="me")


def in_pool(site: Site, chap: dict[str, str]) -> None:
    words = ("proto=static", "ipaddr=10.77.0.11", "subnet=255.255.255.0", "gateway=10.77.0.1")
    site.ask("host.set", name="xen01", set=[f"admin-interface.{word}" for word in words])
    with site.context.store.site.write() as connection:
        pool_id = pools.save(connection, Pool("lab", "xen01", (Member("xen01"),), storage=(LUN,)))
        keys = load_keys(site.context.config.server.data)
        pools.keep_secrets(connection, pool_id, seal_secrets(Secrets("the pool's own", chap), pool_id, keys))


def test_arming_a_host_of_a_pool_freezes_its_first_boot(tmp_path: Path) -> None:
    site = furnished(tmp_path)
    in_pool(site, {"LUN": "chap-word-1"})
    said: dict[str, Any] = site.ask("host.install", name="xen01")
    assert said["root_password"] is None   # it comes to be the pool's own
    keys = load_keys(site.context.config.server.data)
    with site.context.store.site.read() as connection:
        row, install = first_boots.of_install(connection, said["install"]), installs.by_id(connection, said["install"])
    assert row is not None
    assert install is not None
    assert install.sealed is not None
    kept = first_boot.opened(row, keys)
    assert kept.answers["chap.1"] == "chap-word-1"
    assert verifies("the pool's own", kept.answers["root"])
    frozen = seal.unseal(install.sealed, install.id, keys.seal)
    assert b"chap-word-1" not in frozen.scripts[NAME]
    assert kept.password.encode() not in b"".join(frozen.scripts.values()) + (frozen.answerfile or b"")
    assert f"/fb/{first_boot.token(frozen.key)}".encode() in frozen.scripts[NAME]
    site.ask("host.cancel", name="xen01")
    with site.context.store.site.read() as connection:
        ended = first_boots.of_install(connection, install.id)
    assert ended is not None
    assert (ended.state, ended.sealed) == ("failed", None)


def test_a_chap_password_that_nobody_gave_is_missed_before_anything_is_armed(tmp_path: Path) -> None:
    site = furnished(tmp_path)
    in_pool(site, {})
    with pytest.raises(PxeserveError, match="storage LUN of pool lab asks for CHAP"):
        site.ask("host.install", name="xen01")


def test_a_host_of_no_pool_has_no_first_boot(tmp_path: Path) -> None:
    site = furnished(tmp_path)
    said = site.ask("host.install", name="xen01")
    with site.context.store.site.read() as connection:
        assert first_boots.of_install(connection, said["install"]) is None
