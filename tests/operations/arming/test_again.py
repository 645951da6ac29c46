"""Armed again as the last time: what differs since then is said, and secrets are made anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from pxeserve.domain.install import InstallState
from pxeserve.store import tables as t
from tests.operations.arming.test_bulk import RACK, end, site
from tests.operations.test_site import Site, furnished

__all__ = ["site"]


def test_again_is_as_the_last_one_was_asked_for(site: Site) -> None:
    site.ask("host.install", name="r00", interactive=True, mode="reinstall")
    assert "already has an install that is armed" in site.refused("host.install", name="r00", again=True)
    site.ask("host.cancel", name="r00")
    armed = site.ask("host.install", name="r00", again=True)
    assert (armed["mode"], armed["interactive"]) == ("reinstall", True)
    assert armed["again"] == {"last": "cancelled", "differs": []}


@pytest.mark.parametrize("state", [InstallState.FAILED, InstallState.LAPSED])
def test_again_says_what_differs_and_makes_tokens_and_passwords_anew(site: Site, state: InstallState) -> None:
    site.ask("profile.set", name="rack", set=["root-password=random"])
    first = site.ask("host.install", name="r00")
    end(site, "r00", state)
    site.ask("profile.set", name="rack", set=["timezone=Europe/Paris", "primary-disk=sdb"])
    again = site.ask("host.install", name="r00", again=True)
    assert again["again"]["last"] == state
    assert again["again"]["differs"] == ["primary-disk.device: sda became sdb", "timezone: Europe/London became Europe/Paris"]
    assert again["root_password"] not in (None, first["root_password"])
    assert again["install"] != first["install"]


def test_again_says_that_a_script_or_a_password_is_another_one_and_keeps_neither(tmp_path: Path) -> None:
    import base64

    site = furnished(tmp_path, answerfile={"allow_plaintext": True})
    site.ask("script.add", name="after", content=base64.b64encode(b"#!/bin/sh\nexit 0\n").decode())
    site.ask("profile.set", name="rack", set=["root-password.plaintext=planted-one", "scripts.filesystem-populated=after"])
    site.ask("host.install", name="xen01")
    with site.context.store.site.read() as connection:
        [row] = connection.execute(t.install.select()).all()
    assert "planted-one" not in str(row.remembered)
    assert row.remembered["hidden"]
    site.live(InstallState.FAILED)
    site.ask("script.set", name="after", content=base64.b64encode(b"#!/bin/sh\nexit 1\n").decode())
    site.ask("profile.set", name="rack", set=["root-password.plaintext=planted-two"])
    [password, script] = site.ask("host.install", name="xen01", again=True)["again"]["differs"]
    assert password == "a password or key that is declared is another one"
    assert script.startswith("script ") and "SHA-256" in script
    site.context.store.close()


def test_again_is_refused_where_there_is_nothing_to_repeat(site: Site) -> None:
    assert "was never armed" in site.refused("host.install", name="r00", again=True)
    assert "leave out --mode" in site.refused("host.install", name="r00", again=True, mode="fresh")
    site.ask("host.install", name="r00")
    end(site, "r00", InstallState.DONE)
    said = site.refused("host.install", name="r00", again=True, confirm="r00")
    assert "its last install is done" in said
    assert "--mode fresh" in said


def test_again_is_refused_when_the_medium_is_another_one(site: Site, tmp_path: Path) -> None:
    from pxeserve.repo.sample import make_sample

    site.ask("host.install", name="r00")
    site.ask("host.cancel", name="r00")
    make_sample(tmp_path / "second")
    (tmp_path / "second" / "more").write_text("another medium")
    site.ask("media.import", source=tmp_path / "second", name="second")
    site.ask("profile.set", name="rack", medium="second")
    assert "its last install was of sample, and its profile names second now" in site.refused("host.install", name="r00", again=True)


def test_a_rack_is_armed_again_each_host_in_its_own_mode(site: Site) -> None:
    site.ask("host.install-all", rack="R2", count=RACK)
    site.ask("host.cancel-all", rack="R2", count=RACK)
    site.ask("host.install", name="r04", interactive=True)
    site.ask("host.cancel", name="r04")
    answer = site.ask("host.install-all", rack="R2", count=RACK, again=True)
    assert [one["interactive"] for one in answer["hosts"]] == [False] * 4 + [True]
