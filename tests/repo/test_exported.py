"""Which media NFS is told of, and under which path and number."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pxeserve.domain.medium import Lies, Medium
from pxeserve.repo.exported import State, exports, kernel_exports

DATA = Path("/var/lib/pxeserve")


def medium(name: str, lies: Lies = Lies.COPIED, place: str = "", revision: str = "aa") -> Medium:
    return Medium(name, f"{name}@{revision}", "xs-text", "XenServer", "4.1.0", "1", "4.1", revision, None, lies=lies, place=place)


def test_each_medium_is_an_export_and_an_image_is_none() -> None:
    found = exports([medium("b"), medium("a", Lies.IN_PLACE, "/srv/a"), medium("c", Lies.IMAGE, "/srv/c.iso")], DATA)
    assert [(one.pseudo, one.path) for one in found] == [("/media/a", "/srv/a"), ("/media/b", "/var/lib/pxeserve/media/b@aa")]


def test_a_path_that_would_end_the_quotation_is_left_out() -> None:
    assert exports([medium("a", Lies.IN_PLACE, '/srv/"; Access_Type = RW; #'), medium("b", Lies.IN_PLACE, "/srv/\n")], DATA) == ()


def test_a_link_that_took_the_place_of_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "home" / "iso").mkdir(parents=True)
    one = medium("a", Lies.IN_PLACE, str(tmp_path / "home" / "iso"))
    assert len(exports([one], DATA)) == 1
    (tmp_path / "home").rename(tmp_path / "secret")
    (tmp_path / "home").symlink_to("secret")
    assert exports([one], DATA) == ()
    assert one.place not in kernel_exports([one], DATA, 990, 991)


@given(st.sets(st.from_regex(r"[a-z][a-z0-9.-]{0,8}", fullmatch=True), min_size=1, max_size=200))
def test_numbers_are_all_different_and_do_not_change_with_who_else_is_there(names: set[str]) -> None:
    found = {one.pseudo: one.id for one in exports([medium(name) for name in names], DATA)}
    assert len(set(found.values())) == len(names)
    assert all(1 <= number <= 65535 for number in found.values())
    for name in names:
        alone = exports([medium(name)], DATA)[0]
        assert abs(alone.id - found[alone.pseudo]) <= len(names) or alone.id > 65_000 - len(names)


def test_another_revision_is_another_export_of_the_same_path() -> None:
    old, new = exports([medium("a")], DATA)[0], exports([medium("a", revision="bb")], DATA)[0]
    assert old.pseudo == new.pseudo
    assert old.id != new.id


def test_the_kernels_lines_quote_what_has_a_meaning_there() -> None:
    media = [medium("a", Lies.IN_PLACE, "/srv/my isos #1"), medium("b"), medium("c", Lies.IMAGE, "/srv/c.iso")]
    text = kernel_exports(media, DATA, 990, 991)
    options = "(ro,all_squash,anonuid=990,anongid=991,no_subtree_check,insecure,fsid="
    assert text.splitlines()[1:] == [f"/var/lib/pxeserve/media *{options}100)", f"/srv/my\\040isos\\040\\0431 *{options}101)"]


def test_the_state_is_read_as_it_was_written_and_nonsense_is_none(tmp_path: Path) -> None:
    (tmp_path / "run/nfs").mkdir(parents=True)
    assert State.read(tmp_path) is None
    state = State("serving", "without NFSv3", (4,), {"a": "an image"})
    state.write(tmp_path)
    assert State.read(tmp_path) == state
    for nonsense in ("", "[]", "{}", '{"state": 1}', "null"):
        (tmp_path / "run/nfs/state.json").write_text(nonsense)
        assert State.read(tmp_path) is None
