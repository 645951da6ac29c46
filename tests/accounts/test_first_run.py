"""The way to the first account: only who can read the service's own files finds it, and only once."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from pxeserve.accounts.first_run import FILE, LIFE, FirstRun
from pxeserve.accounts.reception import Entered, Reception
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from tests.accounts.conftest import HERE, PASSWORD, THERE, House

WRONG = "A" * 26


def code_of(house: House) -> str:
    return (house.data / "state" / FILE).read_text().strip()


def set_up(house: House, code: str, password: str = PASSWORD, address: str = HERE) -> Entered:
    return house.reception.set_up(code, "admin", password, address, "Firefox")


def refused(house: House, code: str, password: str = PASSWORD, address: str = HERE) -> PxeserveError:
    with pytest.raises(PxeserveError) as error:
        set_up(house, code, password, address)
    return error.value


def test_the_code_is_for_the_service_alone_and_the_log_tells_only_where_it_lies(empty: House, capfd: pytest.CaptureFixture[str]) -> None:
    empty.reception.offer()
    file = empty.data / "state" / FILE
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(code_of(empty)) == 26
    logged = "".join(capfd.readouterr())
    assert str(file) in logged
    assert code_of(empty) not in logged


def test_it_makes_an_administrator_who_is_in_and_then_it_is_gone(empty: House) -> None:
    empty.reception.offer()
    assert not empty.reception.is_set_up()
    code = code_of(empty)
    entered = set_up(empty, code)
    assert entered.user.role is Role.ADMIN
    assert empty.reception.by_session(entered.secret) is not None
    assert empty.reception.is_set_up()
    assert list((empty.data / "state").glob(f"*{FILE}*")) == []
    assert refused(empty, code).code == "conflict"
    assert empty.audit()[0] == (f"first run from {HERE}", "user.add", "admin", "admin, the first account")


def test_people_may_type_it_in_their_own_way(empty: House) -> None:
    empty.reception.offer()
    code = code_of(empty).lower()
    set_up(empty, f" {code[:8]}-{code[8:16]} {code[16:]}\n")


@pytest.mark.parametrize("wrong", ["", WRONG, "A" * 25, "A" * 5000, "ü" * 26, "\0" * 26])
def test_another_code_makes_nobody(empty: House, wrong: str) -> None:
    empty.reception.offer()
    assert refused(empty, wrong).code == "refused"
    assert not empty.reception.is_set_up()


def test_a_password_that_cannot_be_one_leaves_the_code_good(empty: House) -> None:
    empty.reception.offer()
    assert refused(empty, code_of(empty), "short").code == "invalid"
    set_up(empty, code_of(empty))


def test_five_wrong_codes_make_another_one(empty: House) -> None:
    empty.reception.offer()
    first = code_of(empty)
    for number in range(4):
        refused(empty, WRONG, address=f"10.{number}.0.1")
    assert code_of(empty) == first
    refused(empty, WRONG, address="10.5.0.1")
    assert code_of(empty) != first
    assert refused(empty, first, address="10.6.0.1").code == "refused"
    set_up(empty, code_of(empty))


def test_who_tries_codes_waits_as_who_tries_passwords(empty: House) -> None:
    empty.reception.offer()
    codes = [refused(empty, WRONG).code for _ in range(8)]
    assert codes == ["refused"] * 5 + ["too-many"] * 3
    assert refused(empty, WRONG, address=THERE).code == "refused"


def test_it_lapses_after_a_day(tmp_path: Path) -> None:
    FirstRun(tmp_path).offer()
    file = tmp_path / FILE
    first = file.read_text()
    FirstRun(tmp_path).offer()
    assert file.read_text() == first   # the service started again meanwhile
    os.utime(file, (time.time() - LIFE - 1,) * 2)
    FirstRun(tmp_path).offer()
    assert file.read_text() != first


def test_it_lapses_while_the_service_runs_whatever_the_wall_clock_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = FirstRun(tmp_path)
    run.offer()
    first = (tmp_path / FILE).read_text()
    later = time.clock_gettime(time.CLOCK_BOOTTIME) + LIFE
    monkeypatch.setattr(time, "clock_gettime", lambda _clock: later)
    assert not run.fits(first)
    assert (tmp_path / FILE).read_text() != first


def test_one_from_the_future_is_a_doubt(tmp_path: Path) -> None:
    FirstRun(tmp_path).offer()
    first = (tmp_path / FILE).read_text()
    os.utime(tmp_path / FILE, (time.time() + 3600,) * 2)
    FirstRun(tmp_path).offer()
    assert (tmp_path / FILE).read_text() != first


@pytest.mark.parametrize("spoil", ["open to others", "a link", "cut short", "not a code", "a folder's"])
def test_a_file_that_others_could_have_read_or_written_is_not_taken(tmp_path: Path, spoil: str) -> None:
    file, planted = tmp_path / FILE, "A" * 26 + "\n"
    if spoil == "a link":
        (tmp_path / "elsewhere").write_text(planted)
        (tmp_path / "elsewhere").chmod(0o600)
        file.symlink_to(tmp_path / "elsewhere")
    else:
        file.write_text({"cut short": planted[:20], "not a code": "a1" * 13}.get(spoil, planted))
        file.chmod(0o644 if spoil == "open to others" else 0o600)
    if spoil == "a folder's":
        os.utime(file, (0, 0))
    run = FirstRun(tmp_path)
    assert not run.fits("A" * 26)
    assert file.read_text().strip() != "A" * 26
    assert not file.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o600


def test_of_two_who_set_up_at_once_one_does(empty: House) -> None:
    empty.reception.offer()
    code = code_of(empty)
    other = Reception(empty.store, empty.data, clock=empty.clock)   # as if the page were served twice
    results: list[str] = []

    def attempt(reception: Reception, name: str) -> None:
        try:
            reception.set_up(code, name, PASSWORD, HERE, "Firefox")
            results.append("made")
        except PxeserveError as error:
            results.append(error.code)

    threads = [threading.Thread(target=attempt, args=one) for one in ((empty.reception, "anna"), (other, "olga"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results)[-1] == "made"
    assert results.count("made") == 1
    assert empty.actions().count("user.add") == 1


def test_it_is_withdrawn_when_the_first_account_is_made_elsewhere(empty: House) -> None:
    """At the machine: `pxeserve init`."""
    from pxeserve.accounts import people

    empty.reception.offer()
    with empty.store.site.write() as connection:
        people.add_first(connection, people.new("anna", Role.ADMIN, "hash", "root", 0.0), "root", 0.0)
    assert empty.reception.is_set_up()
    assert not (empty.data / "state" / FILE).exists()
