"""Which hosts are meant: names, a rack, tags, all of which must hold; and what is said to a word that nobody carries."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pxeserve.domain.host import Host
from pxeserve.errors import PxeserveError
from pxeserve.operations.words.selection import Selection, chosen, nearest, select, selection
from tests.operations.test_site import Site


def _host(number: int, rack: str | None, *tags: str) -> Host:
    return Host(number, f"xen{number:02}", (f"52:54:00:77:00:{number:02x}",), "p", rack=rack, tags=tags)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site with one profile and no hosts."""
    made = Site(tmp_path)
    made.ask("profile.add", name="rack-a")
    yield made
    made.context.store.close()


HOSTS = [_host(1, "R1", "gpu", "old"), _host(2, "R2", "gpu"), _host(3, "R2", "old"), _host(4, None)]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ({}, ["xen01", "xen02", "xen03", "xen04"]),
        ({"rack": "R2"}, ["xen02", "xen03"]),
        ({"tags": ["GPU"]}, ["xen01", "xen02"]),
        ({"rack": "R2", "tags": ["gpu"]}, ["xen02"]),
        ({"tags": ["gpu", "old"]}, ["xen01"]),
        ({"names": ["XEN03", "xen01", "xen01"]}, ["xen01", "xen03"]),
        ({"names": ["xen02"], "rack": "R2", "tags": ["gpu"]}, ["xen02"]),
    ],
)
def test_all_that_is_given_must_hold(words: dict[str, object], names: list[str]) -> None:
    assert [host.name for host in chosen(HOSTS, selection(**words))] == names  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"names": ["xem03"]}, "there is no host xem03\n  did you mean xen03?"),
        ({"rack": "r2"}, "no host stands in rack r2\n  did you mean R2?"),
        ({"tags": ["gpus"]}, "no host has the tag gpus\n  did you mean gpu?"),
        ({"rack": "nowhere at all"}, "no host stands in rack nowhere at all\n  pxeserve host set NAME --rack RACK puts one there"),
        ({"names": ["xen04"], "rack": "R2"}, "host xen04 stands in no rack, not in rack R2"),
        ({"names": ["xen02"], "tags": ["gpu", "old"]}, "host xen02 has not tag old"),
        ({"rack": "R2", "tags": ["gpu", "old"]}, "no host stands in rack R2 with tags gpu, old"),
        ({"rack": "R2;rm"}, "is not a name for a rack"),
        ({"tags": ["a b"]}, "is not a tag"),
    ],
)
def test_what_nobody_carries_is_refused_with_the_nearest_right_word(words: dict[str, object], said: str) -> None:
    with pytest.raises(PxeserveError) as error:
        chosen(HOSTS, selection(**words))  # type: ignore[arg-type]
    assert said in str(error.value)


def test_a_verb_that_needs_to_know_which_is_never_answered_with_all() -> None:
    with pytest.raises(PxeserveError, match="which hosts"):
        select(HOSTS, Selection())


def test_racks_and_tags_are_set_listed_and_taken_away(site: Site) -> None:
    site.ask("host.add", name="xen01", mac=["52:54:00:77:00:01"], profile="rack-a", set=["rack= R2 ", "tags=b,A, b"])
    site.ask("host.add", name="xen02", mac=["52:54:00:77:00:02"], profile="rack-a", set=["tags=[a]"])
    shown = site.ask("host.show", name="xen01")
    assert (shown["rack"], shown["tags"]) == ("R2", ["a", "b"])
    assert site.ask("host.set", name="xen01", set=["tags+=c"])["tags"] == ["a", "b", "c"]
    assert [one["name"] for one in site.ask("host.list", rack="R2")] == ["xen01"]
    assert [one["name"] for one in site.ask("host.list", tag=["a"])] == ["xen01", "xen02"]
    gone = site.ask("host.set", name="xen01", set=["tags=", "rack="])
    assert (gone["rack"], gone["tags"]) == (None, [])
    assert "not a tag" in site.refused("host.set", name="xen01", set=["tags=<b>"])


def test_what_is_exported_is_applied_again_with_racks_and_tags(site: Site) -> None:
    site.ask("host.add", name="xen01", mac=["52:54:00:77:00:01"], profile="rack-a", set=["rack=R2", "tags=a,b"])
    text = site.ask("export")["site"]
    assert site.ask("apply", text=text)["changes"] == []
    moved = text.replace("rack: R2", "rack: R3").replace("- a\n", "")
    assert site.ask("apply", text=moved)["changes"] == ["~ host xen01: rack: R2 -> R3, tags: a, b -> b"]


def test_the_nearest_word_is_told_in_its_own_spelling() -> None:
    assert nearest("r 2", ["R-2", "R11"]) == "R-2"
    assert nearest("zzz", ["R-2"]) is None
