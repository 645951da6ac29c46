"""What has to be declared so that certain values come out on top of inherited ones: no more than that, and exactly that."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pxeserve.answerfile.inheritance import TABLES, Layer, Merged, upon
from pxeserve.answerfile.layering import comes_to, own, same

BELOW = {
    "primary-disk": {"device": "sda", "guest-storage": False},
    "admin-interface": {"name": "eth0", "proto": "static", "subnet": "255.255.255.0", "gateway": "192.0.2.1"},
    "nameservers": ["192.0.2.1"],
    "timezone": "Etc/UTC",
    "services": {"sshd": "enabled"},
}


def _changed(key: str, value: Any) -> dict[str, Any]:
    return {**BELOW, key: value}


CASES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("nothing changed", BELOW, {}, {}),
    ("one value", _changed("timezone", "Europe/London"), {}, {"timezone": "Europe/London"}),
    ("one taken away", {key: value for key, value in BELOW.items() if key != "timezone"}, {}, {"timezone": None}),
    (
        "one key of a table",
        _changed("admin-interface", {**BELOW["admin-interface"], "ipaddr": "192.0.2.11"}), {},
        {"admin-interface": {"ipaddr": "192.0.2.11"}},
    ),
    ("another card by its MAC displaces the name by itself", _changed("admin-interface", {
        "hwaddr": "52:54:00:00:00:01", "proto": "static", "subnet": "255.255.255.0", "gateway": "192.0.2.1",
    }), {}, {"admin-interface": {"hwaddr": "52:54:00:00:00:01"}}),
    ("dhcp takes the inherited address along", _changed("admin-interface", {"name": "eth0", "proto": "dhcp"}), {},
     {"admin-interface": {"proto": "dhcp"}}),
    ("a list replaces", _changed("nameservers", ["192.0.2.9"]), {}, {"nameservers": ["192.0.2.9"]}),
    ("what was added stays added", _changed("nameservers", ["192.0.2.1", "192.0.2.8", "192.0.2.9"]), {"nameservers+": ["192.0.2.8"]},
     {"nameservers+": ["192.0.2.8", "192.0.2.9"]}),
    ("said here already, it stays as it is spelt", _changed("primary-disk", {"device": "sda", "guest-storage": True}),
     {"primary-disk": {"guest-storage": "yes"}}, {"primary-disk": {"guest-storage": "yes"}}),
    ("the same in another spelling is no change", _changed("primary-disk", {"device": "sda", "guest-storage": "no"}), {}, {}),
    ("said here although inherited, it stays", BELOW, {"timezone": "Etc/UTC"}, {"timezone": "Etc/UTC"}),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "before", "declared"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_only_what_differs_is_declared(wanted: dict[str, Any], before: dict[str, Any], declared: dict[str, Any]) -> None:
    assert own(BELOW, wanted, before, "host xen01") == declared
    after = comes_to(BELOW, declared, "host xen01")
    assert all(same(key, after.get(key), wanted.get(key)) for key in {*after, *wanted})


_WORDS = st.sampled_from(["a", "b", "c"])
_VALUES = st.fixed_dictionaries(
    {},
    optional={
        "timezone": _WORDS,
        "keymap": _WORDS,
        "nameservers": st.lists(st.sampled_from(["192.0.2.1", "192.0.2.2"]), max_size=3),
        "primary-disk": st.one_of(_WORDS, st.fixed_dictionaries({}, optional={"device": _WORDS, "guest-storage": st.booleans()})),
        "admin-interface": st.fixed_dictionaries(
            {}, optional={"name": _WORDS, "proto": st.sampled_from(["static", "dhcp"]), "ipaddr": st.just("192.0.2.3")}
        ),
        "services": st.dictionaries(_WORDS, st.sampled_from(["enabled", "disabled"]), max_size=2),
    },
)


@example({"primary-disk": {"device": "a", "guest-storage": False}}, {"primary-disk": {"guest-storage": False}}, {})
@given(below=_VALUES, wanted=_VALUES, before=_VALUES)
def test_whatever_is_inherited_what_is_declared_comes_to_what_is_wanted(
    below: dict[str, Any], wanted: dict[str, Any], before: dict[str, Any]
) -> None:
    inherited = upon(Merged(), Layer("site", below)).values
    asked = {key: value for key, value in upon(Merged(), Layer("wanted", wanted)).values.items() if value not in ([], {})}
    after = comes_to(inherited, own(inherited, asked, before, "host"), "host")
    for key in {*after, *asked}:
        if after.get(key) in (None, [], {}) and asked.get(key) in (None, [], {}):
            continue
        there, here = after.get(key), asked.get(key)
        if key in TABLES and isinstance(there, str) != isinstance(here, str):
            there, here = ({"device": one} if isinstance(one, str) else one for one in (there, here))
        assert same(key, there, here), (key, there, here)
