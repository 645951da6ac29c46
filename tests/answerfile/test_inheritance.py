"""Site, profiles and host on top of each other, and from whom each value is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.answerfile.inheritance import InheritanceError, Layer, Merged, merged, upon


def stacked(*values: dict[str, Any]) -> Merged:
    """Layers called 0, 1, 2 ..., the last one the nearest."""
    return merged(Layer(str(number), one) for number, one in enumerate(values))


@pytest.mark.parametrize(
    ("layers", "values", "origins"),
    [
        # who is nearer wins, element by element
        (({"timezone": "A", "keymap": "us"}, {"timezone": "B"}), {"timezone": "B", "keymap": "us"}, {"timezone": "1", "keymap": "0"}),
        # null takes away what was inherited; who comes after may say it again
        (({"timezone": "A"}, {"timezone": None}), {}, {}),
        (({"timezone": "A"}, {"timezone": None}, {"timezone": "B"}), {"timezone": "B"}, {"timezone": "2"}),
        # a list replaces ...
        (
            ({"nameservers": ["a", "b"]}, {"nameservers": ["c"]}), {"nameservers": ["c"]}, {"nameservers": "1", "nameservers.0": "1"},
        ),
        # ... or appends, as said
        (
            ({"nameservers": ["a"]}, {"nameservers+": ["b"]}, {"nameservers+": "c"}), {"nameservers": ["a", "b", "c"]},
            {"nameservers": "0", "nameservers.0": "0", "nameservers.1": "1", "nameservers.2": "2"},
        ),
        (({"nameservers": "a"}, {"nameservers+": ["b"]}), {"nameservers": ["a", "b"]}, None),
        (({}, {"nameservers+": ["b"]}), {"nameservers": ["b"]}, {"nameservers": "1", "nameservers.0": "1"}),
        (({"nameservers": ["a"]}, {"nameservers": None}, {"nameservers+": ["b"]}), {"nameservers": ["b"]}, None),
        # tables are merged key by key
        (
            ({"admin-interface": {"name": "eth0", "proto": "static", "subnet": "m"}}, {"admin-interface": {"ipaddr": "i"}}),
            {"admin-interface": {"name": "eth0", "proto": "static", "subnet": "m", "ipaddr": "i"}},
            {
                "admin-interface.name": "0", "admin-interface.proto": "0", "admin-interface.subnet": "0", "admin-interface.ipaddr": "1",
            },
        ),
        (({"services": {"sshd": "enabled"}}, {"services": {"ntpd": "no"}}), {"services": {"sshd": "enabled", "ntpd": "no"}}, None),
        (({"admin-interface": {"name": "a", "vlan": 5}}, {"admin-interface": {"vlan": None}}), {"admin-interface": {"name": "a"}}, None),
        (({"admin-interface": {"name": "eth0"}}, {"admin-interface": None}), {}, {}),
        (({"services": {"sshd": "enabled"}}, {"services": {"sshd": None}}), {}, {}),
        # lists in tables append and replace too
        (
            ({"scripts": {"a": ["x"], "b": ["y"]}}, {"scripts": {"a+": ["z"], "b": ["w"]}}),
            {"scripts": {"a": ["x", "z"], "b": ["w"]}}, None,
        ),
        # one key excludes, or gives its meaning to, another
        (
            ({"admin-interface": {"name": "eth0", "proto": "dhcp"}}, {"admin-interface": {"hwaddr": "m"}}),
            {"admin-interface": {"proto": "dhcp", "hwaddr": "m"}}, None,
        ),
        (
            ({"admin-interface": {"proto": "static", "ipaddr": "i", "gateway": "g"}}, {"admin-interface": {"proto": "dhcp"}}),
            {"admin-interface": {"proto": "dhcp"}}, {"admin-interface.proto": "1"},
        ),
        (
            ({"admin-interface": {"proto": "static", "gateway": "g"}}, {"admin-interface": {"proto": "static", "ipaddr": "i"}}),
            {"admin-interface": {"proto": "static", "gateway": "g", "ipaddr": "i"}}, None,
        ),
        (({"primary-disk": {"mirror": ["a", "b"]}}, {"primary-disk": "sda"}), {"primary-disk": {"device": "sda"}}, None),
        # a text is short for a table
        (
            ({"primary-disk": "sda"}, {"primary-disk": {"guest-storage": "no"}}),
            {"primary-disk": {"device": "sda", "guest-storage": "no"}},
            {"primary-disk.device": "0", "primary-disk.guest-storage": "1"},
        ),
        # a password is one value, whatever its form
        (({"root-password": {"hash": "h"}}, {"root-password": "random"}), {"root-password": "random"}, {"root-password": "1"}),
    ],
)  # fmt: skip
def test_the_rule(layers: tuple[dict[str, Any], ...], values: dict[str, Any], origins: dict[str, str] | None) -> None:
    found = stacked(*layers)
    assert found.values == values
    if origins is not None:
        assert found.origins == origins


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"nameservers": ["a"], "nameservers+": ["b"]}, "nameservers+: nameservers is said in the same place; say one of the two"),
        ({"scripts": {"a": ["x"], "a+": ["y"]}}, "scripts.a+: a is said in the same place"),
        ({"nameservers+": {"a": "b"}}, "nameservers+: what is added is not a list"),
        ({"root-password+": {"hash": "topsecret"}}, "root-password+: what is added is not a list"),
        ({"admin-interface+": ["x"]}, "admin-interface+: not a list; a table's keys"),
    ],
)
def test_what_is_said_in_two_ways_is_refused(values: dict[str, Any], says: str) -> None:
    with pytest.raises(InheritanceError) as error:
        stacked(values)
    assert str(error.value).startswith(says)
    assert "topsecret" not in str(error.value)


_ITEMS = st.lists(st.sampled_from("abc"), max_size=3)
_LAYERS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "timezone": st.none() | st.sampled_from("AB"),
            "keymap": st.sampled_from("AB"),
            "ntp-servers": st.none() | _ITEMS,
            "nameservers+": _ITEMS,
            "primary-disk": st.sampled_from(["sda", {"device": "sdb"}, {"guest-storage": "no"}, {"mirror": ["sda", "sdb"]}]),
            "admin-interface": st.none()
            | st.dictionaries(st.sampled_from(["name", "hwaddr", "proto", "ipaddr"]), st.none() | st.sampled_from("xy"), max_size=4),
            "scripts": st.dictionaries(st.sampled_from(["s", "t+"]), _ITEMS, max_size=2),
        },
    ),
    max_size=5,
)


def _paths(values: dict[str, Any], above: str = "") -> set[str]:
    found = set()
    for key, value in values.items():
        if isinstance(value, dict):
            found |= _paths(value, f"{above}{key}.")
        elif isinstance(value, list):
            found |= {f"{above}{key}.{number}" for number in range(len(value))}
        else:
            found.add(f"{above}{key}")
    return found


@given(_LAYERS)
def test_every_value_has_an_origin_and_every_origin_a_value(layers: list[dict[str, Any]]) -> None:
    found = stacked(*layers)
    said = _paths(dict(found.values))
    assert said <= set(found.origins)
    left_over = set(found.origins) - said
    assert all(isinstance(_at(found.values, path), list) for path in left_over)  # a list as a whole has one too
    assert not any("+" in key or value is None for key, value in found.values.items())
    assert all(int(origin) < len(layers) for origin in found.origins.values())


def _at(values: Any, path: str) -> Any:
    for key in path.split("."):
        values = values[key]
    return values


@given(_LAYERS, st.integers(0, 5))
def test_what_was_merged_before_may_be_kept_and_merged_upon(layers: list[dict[str, Any]], cut: int) -> None:
    below = stacked(*layers[:cut])
    for number, one in enumerate(layers[cut:], cut):
        below = upon(below, Layer(str(number), one))
    if cut <= len(layers):
        assert below == stacked(*layers)


def test_a_part_is_from_whom_its_whole_is() -> None:
    found = Merged({"root-password": {"hash": "h"}}, {"root-password": "site"})
    assert (found.origin("root-password.text"), found.origin("hostname")) == ("site", None)
