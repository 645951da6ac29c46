"""A list's address: it says all of it, and what makes no sense in it is as if it were not said."""

from __future__ import annotations

import pytest

from pxeserve.console.listing import LONGEST, listing

SORTS = ("name", "rack")


def test_an_address_says_the_whole_list_and_reads_back_the_same() -> None:
    made = listing("/hosts", {"q": "rack:R1 a&b", "sort": "-rack", "page": "3", "minutes": "60", "other": "x"}, SORTS, ("minutes",))
    assert made.url() == "/hosts?minutes=60&q=rack%3AR1+a%26b&sort=-rack&page=3"
    assert (made.words, made.page, made.way("rack"), made.way("name")) == (["rack:R1", "a&b"], 3, "descending", "")
    assert made.sorted_by("rack") == "/hosts?minutes=60&q=rack%3AR1+a%26b&sort=rack"
    assert listing("/hosts", {"sort": "rack"}, SORTS).sorted_by("rack") == "/hosts?sort=-rack"
    assert made.searched("x") == "/hosts?minutes=60&q=x&sort=-rack"


@pytest.mark.parametrize("page", ["0", "-1", "x", "1e3", "99999999", "²", ""])
def test_a_page_that_is_none_is_the_first(page: str) -> None:
    assert listing("/hosts", {"page": page}, SORTS).page == 1


def test_a_search_is_cut_and_an_unknown_order_is_the_usual_one() -> None:
    made = listing("/hosts", {"q": "x" * 5000, "sort": "-nonsense"}, SORTS, sort="name")
    assert (len(made.query), made.sort) == (LONGEST, "name")


def test_rows_are_cut_to_the_page_and_a_page_beyond_is_the_last() -> None:
    rows = list(range(250))
    counted, shown = listing("/x", {"page": "3"}, SORTS).cut(rows)
    assert (counted.pages, counted.first, counted.last, list(shown)) == (3, 201, 250, rows[200:])
    counted, shown = listing("/x", {"page": "77"}, SORTS).cut(rows)
    assert (counted.page, list(shown)) == (3, rows[200:])
    counted, shown = listing("/x", {}, SORTS).cut([])
    assert (counted.pages, counted.last, list(shown)) == (1, 0, [])


def test_rows_are_ordered_by_the_key_both_ways() -> None:
    by = {"name": lambda one: one["name"], "rack": lambda one: one["rack"]}
    rows = [{"name": "b", "rack": 1}, {"name": "a", "rack": 2}]
    assert [one["name"] for one in listing("/x", {"sort": "name"}, SORTS).ordered(rows, by)] == ["a", "b"]
    assert [one["name"] for one in listing("/x", {"sort": "-rack"}, SORTS).ordered(rows, by)] == ["a", "b"]
    assert listing("/x", {}, SORTS).ordered(rows, by) == rows


def test_a_search_finds_the_rows_that_hold_every_word_of_it_however_they_are_written() -> None:
    rows = ["Rack A good", "rack b good", "rack a bad"]
    by = {"name": str.lower}
    counted, shown = listing("/x", {"q": "GOOD rack", "sort": "-name"}, SORTS).shown(rows, by, str.lower)
    assert (counted.total, list(shown)) == (2, ["rack b good", "Rack A good"])
    assert listing("/x", {}, SORTS).shown(rows, by, str.lower)[0].total == 3
