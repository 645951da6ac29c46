"""Declared files that are too much are refused before they cost anything, and much that is meant is taken quickly."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pxeserve.errors import PxeserveError
from pxeserve.operations.words.bounded import MAX_BYTES, MAX_DEPTH, compose, load
from pxeserve.operations.words.settings import Setting, put
from tests.operations.test_site import Site

LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(LAUGHS, "more than 1,000,000 values, aliases written out", id="billion laughs"),
        pytest.param("a: " + "[" * 100_000, "line 1: too deep", id="deeper than a stack"),
        pytest.param("a: " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "line 1: too deep", id="a little too deep"),
        pytest.param("a: &a {b: *a}", "line 1: too deep: a value stands within itself", id="within itself"),
        pytest.param("a: [" + "x," * 1_000_001 + "]", "line 1: more than 1,000,000 values", id="many"),
        pytest.param("#" * (MAX_BYTES + 1), "more than 16 MiB", id="large"),
        pytest.param("\0", "not YAML", id="no text"),
        pytest.param("a: \ud800", "not YAML", id="half a character"),
        pytest.param("--- a\n--- b\n", "not YAML", id="two documents"),
    ],
)
def test_too_much_is_refused_with_its_line(text: str, says: str) -> None:
    with pytest.raises(PxeserveError) as error:
        compose(text)
    assert says in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "[0x_]", "[0b_]", f"[{'1' * 5000}]", "[2001-99-99]", "[2001-01-01T99:99:99Z]", f"[1{':59' * 2000}.0]", "[!!int Secret]",
        "[!!float Secret]", "[!!bool Secret]", "[!!timestamp Secret]", "[!!str [Secret]]", "{? [Secret] : 1}",
        "[!!python/name:os.system x]",
    ],
)  # fmt: skip
def test_a_value_that_is_none_of_its_kind_is_refused_and_not_repeated(text: str) -> None:
    """Any of these went through as another error than ours: an incident in the log, with what was read."""
    with pytest.raises(PxeserveError) as error:
        load(text)
    assert "Secret" not in str(error.value)
    with pytest.raises(PxeserveError, match="neither text nor a list"):
        put({}, Setting(("nameservers",), text))


def test_an_alias_that_repeats_little_is_taken() -> None:
    assert load("- &a {b: [1]}\n- *a\n") == [{"b": [1]}, {"b": [1]}]


def test_a_setting_is_bounded_like_a_file(tmp_path: Path) -> None:
    site = Site(tmp_path)
    assert "neither text nor a list" in site.refused("profile.add", name="p", set=["nameservers=" + "[" * 100_000])
    site.context.store.close()


def _declared(hosts: int, profiles: int) -> Iterator[str]:
    yield "profiles:\n- {name: p0, answerfile: {primary-disk: sda, timezone: Europe/London}}\n"
    yield from (f"- {{name: p{n}, parent: p{n - 1}}}\n" for n in range(1, profiles))
    yield "hosts:\n"
    for n in range(hosts):
        mac, address = f"52:54:00:{n >> 16:02x}:{n >> 8 & 255:02x}:{n & 255:02x}", f"10.1.{n >> 8}.{n & 255}"
        answers = f"{{hostname: h{n}, admin-interface: {{name: eth0, proto: static, ipaddr: {address}, subnet: 255.0.0.0}}}}"
        yield f"- {{name: h{n}, mac: '{mac}', profile: p{profiles - 1}, rack: R{n // 40}, answerfile: {answers}}}\n"


@pytest.mark.long
def test_ten_thousand_hosts_on_a_thousand_profiles(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """What it costs is a figure; that it ends at all is the test: each profile used to be looked at once for each that stands on it."""
    site = Site(tmp_path)
    text = "".join(_declared(10_000, 1_000)).replace("10.1.0.0,", "10.2.0.0,")
    began = time.process_time()
    assert len(site.ask("apply", text=text)["changes"]) == 11_000
    first = time.process_time() - began
    assert site.ask("apply", text=text)["changes"] == []
    second = time.process_time() - began - first
    said = (
        f"10,000 hosts, 1,000 profiles upon one another: {first:.1f} s of one core, and {second:.1f} s when nothing has changed"
    )
    record_property("figure", said)
    site.context.store.close()


def test_profiles_upon_one_another_are_each_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pxeserve.operations.inventory.inherited import Inherited

    site, looked = Site(tmp_path), list[str]()
    check_one = Inherited._check_one
    monkeypatch.setattr(Inherited, "_check_one", lambda self, whose, *more: (looked.append(whose), check_one(self, whose, *more))[1])
    site.ask("apply", text="".join(_declared(3, 200)).replace("10.1.0.0,", "10.2.0.0,"))
    assert sorted(looked) == sorted({f"profile p{n}" for n in range(200)} | {f"host h{n}" for n in range(3)})
    site.context.store.close()


def test_a_mistake_in_what_stands_upon_a_change_is_told_where_it_is_declared(tmp_path: Path) -> None:
    site = Site(tmp_path)
    text = "profiles:\n- {name: a, answerfile: {scripts: {installation-start: [gone]}}}\n- {name: b, parent: a}\n"
    assert "line 2: profile a: scripts.installation-start: there is no script gone" in site.refused("apply", text=text)
    circle = "profiles:\n- {name: a, parent: b}\n- {name: b, parent: a}\n"
    assert "its parents lead back to" in site.refused("apply", text=circle)
    site.ask("apply", text="profiles:\n- {name: a}\n- {name: b, parent: a}\n")
    assert "its parents lead back to" in site.refused("apply", text="profiles:\n- {name: a, parent: b}\n")
    site.context.store.close()


def test_profiles_are_pruned_from_the_outermost_in(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.ask("apply", text="profiles:\n- {name: a}\n- {name: b, parent: a}\n- {name: c, parent: b}\n- {name: d}\n")
    changes = site.ask("apply", text="profiles: [{name: d}]\n", prune=True)["changes"]
    assert changes == ["- profile c", "- profile b", "- profile a"]
    site.ask("apply", text="profiles:\n- {name: a}\n- {name: b, parent: a}\n")
    kept = site.ask("apply", text="profiles: [{name: b, parent: a}]\n", prune=True)["changes"]
    assert kept == ["- profile d", "= profile a: kept, profile a is used by profile b"]
    site.context.store.close()
