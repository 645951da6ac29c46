"""Which root password each generation is given, what is kept of it, and that plain text is nowhere afterwards."""

from __future__ import annotations

import ctypes
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from pxeserve.answerfile import passwords as crypt
from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.scripts.generations import GENERATIONS
from pxeserve.config import load
from pxeserve.domain.install import InstallState
from pxeserve.errors import PxeserveError
from pxeserve.operations.preparing import passwords
from pxeserve.operations.preparing.passwords import Given
from pxeserve.store import installs, inventory
from pxeserve.store import tables as t
from tests.operations.test_site import Site, furnished

OLD = ("4.1", "5.0", "5.5")
NEW = tuple(name for name in GENERATIONS if name not in OLD)
STRICT, LAX = (load(env={}, overrides={"answerfile": {"allow_plaintext": allowed}}) for allowed in (False, True))
PLANTED = "planted-Secret-77"


def given(dialect: str, declared: Any, *, lax: bool = False, mode: Mode = Mode.FRESH, host: int = 1) -> Given:
    return passwords.given(LAX if lax else STRICT, "xen01", host, dialect, mode, declared)


_C = ctypes.CDLL("libcrypt.so.1")
_C.crypt.restype = ctypes.c_char_p
_C.crypt.argtypes = [ctypes.c_char_p, ctypes.c_char_p]


def verifies(password: str, hashed: str) -> bool:
    """As a host sees it at log-in: by the C library, which is also twice as fast as ours."""
    return bool(_C.crypt(password.encode(), hashed.encode()) == hashed.encode())


@pytest.mark.parametrize("dialect", NEW)
@pytest.mark.parametrize("declared", [None, "random"])
def test_from_5_6_on_a_random_password_leaves_as_a_hash(dialect: str, declared: Any) -> None:
    found = given(dialect, declared)
    assert found.answer is not None
    assert found.made is not None
    assert found.answer.hashed
    assert verifies(found.made, found.answer.text)
    assert (found.root_hash, found.delivered, found.warnings) == (None, "", ())


@pytest.mark.parametrize("dialect", OLD)
def test_before_it_goes_as_it_is_and_the_hook_puts_another_one_in_its_place(dialect: str) -> None:
    found = given(dialect, None)
    assert found.answer is not None
    assert found.made is not None
    assert found.root_hash is not None
    assert not found.answer.hashed
    assert found.answer.text == found.delivered != found.made
    assert verifies(found.made, found.root_hash)
    assert found.made not in found.root_hash
    assert "plain text only" in found.warnings[0]


FEW = ("4.1", "5.5", "5.6", "xs9")
"""Generations that are tried in `bin/test`: the ends, and either side of where hashes begin."""


@pytest.mark.parametrize("dialect", [pytest.param(name, marks=() if name in FEW else pytest.mark.long) for name in GENERATIONS])
def test_plain_text_is_allowed_by_configuration_alone(dialect: str) -> None:
    for declared in (PLANTED, {"plaintext": PLANTED}):
        with pytest.raises(PxeserveError, match="plain text, which the configuration does not allow") as error:
            given(dialect, declared)
        assert PLANTED not in str(error.value) + repr(error.value)
        found = given(dialect, declared, lax=True)
        assert found.answer is not None
        assert found.answer.hashed == (dialect in NEW)
        assert found.made is None
        assert "plain text" in found.warnings[0]
        if dialect in NEW:
            assert verifies(PLANTED, found.answer.text)
        else:
            assert found.answer.text == PLANTED


def test_a_hash_goes_as_it_is_or_is_refused_where_it_would_become_the_password() -> None:
    good = crypt.hashed(PLANTED)
    for dialect in NEW:
        assert given(dialect, {"hash": good}) == Given(given(dialect, {"hash": good}).answer)
    for dialect in OLD:
        with pytest.raises(PxeserveError, match="take it for the password itself") as error:
            given(dialect, {"hash": good}, lax=True)
        assert good not in str(error.value)
    assert "5000 rounds" in given("8.2", {"hash": crypt.hashed(PLANTED, 5000)}).warnings[0]


def test_hosts_of_one_profile_take_hashes_with_salts_of_their_own() -> None:
    hashes = [crypt.hashed(PLANTED, 1000) for _ in range(8)]
    taken = [given("8.2", {"hashes": hashes}, host=number).answer for number in range(5, 13)]
    assert len({one.text for one in taken if one}) == 8


@pytest.mark.parametrize("mode", [Mode.UPGRADE, Mode.RESTORE])
def test_modes_that_keep_the_password_are_given_none(mode: Mode) -> None:
    for dialect in GENERATIONS:
        assert given(dialect, None, mode=mode) == Given()


def test_a_preview_makes_nothing_and_refuses_the_same() -> None:
    found = passwords.previewed(STRICT, "xen01", 1, "8.2", Mode.FRESH, None, "****")
    assert found.answer is not None
    assert (found.answer.text, found.answer.hashed, found.made, found.root_hash) == ("****", True, None, None)
    with pytest.raises(PxeserveError, match="plain text"):
        passwords.previewed(STRICT, "xen01", 1, "8.2", Mode.FRESH, PLANTED, "****")


def test_what_is_given_shows_nothing_of_it() -> None:
    found = given("4.1", None)
    assert found.made is not None
    shown = repr(found) + repr(found.kept(shown=False))
    assert found.made not in shown
    assert found.delivered not in shown


# --- through the verbs ---


def everything_kept(site: Site) -> bytes:
    """All files of the data folder, and all rows that people and programs may read."""
    lines = [path.read_bytes() for path in site.data.rglob("*") if path.is_file()]
    with site.context.store.site.read() as connection:
        for table in (t.install_event, t.audit, t.install, t.profile, t.host, t.meta):
            lines += [repr(row).encode() for row in connection.execute(select(table))]
    return b"\n".join(lines)


@pytest.fixture
def site(tmp_path: Path) -> Any:
    made = furnished(tmp_path)
    yield made
    made.context.store.close()


def test_a_sealed_password_is_told_once_by_its_verb(site: Site) -> None:
    armed = site.ask("host.install", name="xen01", reveal="later")
    assert (armed["root_password"], armed["password_kept"]) == (None, True)
    assert any("plain text only" in one for one in armed["warnings"])
    told = site.ask("host.password", name="xen01")
    assert len(told["root_password"]) == 20
    assert told["not_replaced"] is None
    assert "no root password of xen01 is kept" in site.refused("host.password", name="xen01")
    assert "there is no host xen09" in site.refused("host.password", name="xen09")


def test_a_shown_password_is_not_told_again(site: Site) -> None:
    armed = site.ask("host.install", name="xen01")
    assert len(armed["root_password"]) == 20
    assert armed["password_kept"] is False
    assert "no root password of xen01 is kept" in site.refused("host.password", name="xen01")


def test_when_no_hook_replaced_it_the_delivered_one_can_be_asked_for(site: Site) -> None:
    site.ask("host.install", name="xen01")
    site.live(InstallState.INSTALLING)
    row = site.live(InstallState.FAILED)
    assert row is not None
    told = site.ask("host.password", name="xen01")
    assert told["root_password"] is None
    assert len(told["not_replaced"]) == 20


def test_plain_text_is_in_no_store_no_event_no_audit_and_no_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        site.ask("host.set", name="xen01", set=[f"root-password={json.dumps({'hash': crypt.hashed(PLANTED, 100_000)})}"])
        assert "take it for the password itself" in site.refused("host.install", name="xen01")
        site.ask("host.set", name="xen01", set=["root-password="])
        armed = site.ask("host.install", name="xen01", reveal="later")
        told = site.ask("host.password", name="xen01")["root_password"]
        shown = [site.ask("host.show", name="xen01"), site.ask("host.list"), site.ask("export"), armed]
        site.ask("host.cancel", name="xen01")
        shown.append(site.ask("answerfile.render", name="xen01"))
    for secret in (PLANTED, told):
        assert secret.encode() not in everything_kept(site)
        assert secret not in str(shown)
        assert secret not in caplog.text


def test_hashes_that_are_not_safe_are_refused_when_they_are_set(site: Site) -> None:
    for value in ('{"hash": "$1$salt$hash"}', '{"hash": "plain"}', '{"hashes": []}', '{"hashes": ["$1$a$b"]}'):
        said = site.refused("profile.set", name="rack", set=[f"root-password={value}"])
        assert "root-password" in said
        assert "$1$" not in said
    hashes = json.dumps({"hashes": [crypt.hashed(PLANTED, 1000) for _ in range(3)]})
    shown = site.ask("profile.set", name="rack", set=[f"root-password={hashes}"])
    assert "$6$" not in str(shown) + str(site.ask("export"))


@pytest.mark.parametrize("word", [f"root-password={{plaintext: {PLANTED}", f"root-password: {PLANTED}", f"root-password.{PLANTED}"])
def test_a_word_that_cannot_be_read_is_not_repeated(site: Site, word: str) -> None:
    said = site.refused("host.set", name="xen01", set=[word])
    assert "root-password" in said
    assert PLANTED not in said


def test_a_profile_s_hash_reaches_each_host_with_another_salt(tmp_path: Path) -> None:
    from tests.media_samples import make

    made = furnished(tmp_path)
    make("8.2", tmp_path / "medium")
    made.ask("media.import", source=tmp_path / "medium", name="ch82")
    hashes = [crypt.hashed(PLANTED, 1000) for _ in range(4)]
    made.ask("profile.set", name="rack", medium="ch82", set=[f"root-password={json.dumps({'hashes': hashes})}"])
    made.ask("host.add", name="xen02", mac=["52:54:00:77:00:02"], profile="rack")
    from pxeserve.installs import seal
    from pxeserve.keys import load_keys

    seen = set()
    for name in ("xen01", "xen02"):
        assert made.ask("host.install", name=name)["root_password"] is None
        with made.context.store.site.read() as connection:
            host = inventory.host(connection, name)
            assert host is not None
            row = installs.newest_of(connection, host.id)
        assert row is not None
        assert row.sealed is not None
        text = seal.unseal(row.sealed, row.id, load_keys(made.data).seal).answerfile
        assert text is not None
        seen |= {one for one in hashes if one.encode() in text}
        assert b'type="hash"' in text
    assert len(seen) == 2
    made.context.store.close()
