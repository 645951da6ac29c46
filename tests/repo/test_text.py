"""The text format, line by line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.repo.formats import text
from pxeserve.repo.formats.text import FormatError, Package

MD5 = "2ba1783d84d10c71f07469252c555427"
GOOD = f"docs 37750 {MD5} tbz2 required docs.tar.bz2 /"


def test_the_guides_own_examples_are_read() -> None:
    lines = [
        GOOD,
        "firmware_example 77001 3452c04dfcc237cde11c63d43e97a303 driver "
        "firmware_example.ko /lib/modules/${KERNEL_VERSION}/extra/firmware_example.ko",
        "firmware 12 6f5902ac237024bdd0c176cb93063dc4 firmware sample_firmware.bin",
    ]
    docs, driver, firmware = text.read_packages("\n".join(lines).encode())
    assert docs == Package("docs", 37750, MD5, "tbz2", "docs.tar.bz2", 1, True, "/")
    assert (driver.kind, driver.file, driver.line) == ("driver", "firmware_example.ko", 2)
    assert (firmware.size, firmware.destination) == (12, "")


@pytest.mark.parametrize(
    ("content", "line", "column", "says"),
    [
        ("", 1, 1, "no packages"),
        (f"{GOOD}\n\n", 2, 1, "blank line"),
        (f"{GOOD}\n\nb 1 {MD5} firmware b", 2, 1, "blank line"),
        (f"docs  37750 {MD5} tbz2 required docs.tar.bz2 /", 1, 6, "exactly one blank"),
        (f" {GOOD}", 1, 1, "exactly one blank"),
        (f"{GOOD} ", 1, len(GOOD) + 1, "exactly one blank"),
        (f"{GOOD}\r\n", 1, len(GOOD) + 1, "carriage return"),
        (f"docs\t37750 {MD5} tbz2 required docs.tar.bz2 /", 1, 5, "tab"),
        (f"docs 37750 {MD5} tbz2 required docs.tar.bz2", 1, 1, "6 fields, but a tbz2 package has 7"),
        (f"docs 37750 {MD5} driver required docs.tar.bz2 /", 1, 1, "7 fields, but a driver package has 6"),
        (f"docs 37750 {MD5}", 1, 1, "3 fields"),
        (f"docs 37750 {MD5} zip a b c", 1, 45, "'zip' is not a package type"),
        (f"docs many {MD5} firmware a", 1, 6, "not a whole number"),
        (f"docs -1 {MD5} firmware a", 1, 6, "not a whole number"),
        (f"docs 1 {MD5.upper()} firmware a", 1, 8, "capitals never match"),
        ("docs 1 abc firmware a", 1, 8, "32 hex digits"),
        (f"docs 1 {MD5} tbz2 maybe a /", 1, 46, "neither required nor optional"),
        (f"docs 1 {MD5} firmware ../a", 1, 50, "leaves the repository"),
        (f"docs 1 {MD5} firmware /a", 1, 50, "is absolute"),
        (f"docs 1 {MD5} firmware a//b", 1, 50, "empty part"),
        (f"docs 1 {MD5} tbz2 required a ../../etc", 1, 57, "leaves the root"),
        (f"a 1 {MD5} firmware same\nb 1 {MD5} firmware same", 2, 47, "listed twice, first in line 1"),
        (f"caf\xe9 1 {MD5} firmware a", 1, 4, "not ASCII"),
    ],
)
@pytest.mark.quirk("capital-md5")
def test_each_fault_is_named_with_its_place(content: str, line: int, column: int, says: str) -> None:
    with pytest.raises(FormatError) as error:
        text.read_packages(content.encode("latin-1"), "packages.main/XS-PACKAGES")
    assert says in error.value.message
    assert (error.value.line, error.value.column) == (line, column)
    assert str(error.value).startswith(f"packages.main/XS-PACKAGES:{line}:")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"xs:main\nXenServer Pack\nXenServer\n4.1.0-7843p\n", ("xs:main", "XenServer Pack", "XenServer", "4.1.0", "7843p")),
        (b"xs:main\r\nXenServer Pack\r\nXenServer\r\n5.5.0\r\n", ("xs:main", "XenServer Pack", "XenServer", "5.5.0", "")),
        (b"custom:mine\nMy own\n", ("custom:mine", "My own", "", "", "")),
        (b"xs:main\nA\nXenServer\n4.1.0\nmore\nlines\n", ("xs:main", "A", "XenServer", "4.1.0", "")),
    ],
)
def test_xs_repository_is_read(content: bytes, expected: tuple[str, ...]) -> None:
    found = text.read_repository(content)
    assert (found.id, found.name, found.product, found.version, found.build) == expected


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"", 1, "not an id"),
        (b"main\nA\n", 1, "not an id"),
        (b"xs:main\n", 2, "name"),
        (b"xs:main\nA\nXenServer\nnew\n", 4, "not a version"),
    ],
)
def test_a_broken_xs_repository_is_refused(content: bytes, line: int, says: str) -> None:
    with pytest.raises(FormatError, match=says) as error:
        text.read_repository(content)
    assert error.value.line == line


@pytest.mark.parametrize(
    ("version", "dialect"),
    [("4.0.1", "4.1"), ("4.1.0", "4.1"), ("5.0.0", "5.0"), ("5.5.0", "5.5"), ("5.6.0", None), ("", None)],
)
def test_the_version_names_the_dialect(version: str, dialect: str | None) -> None:
    assert text.dialect(text.Repository("xs:main", "A", "XenServer", version)) == dialect


_WORD = st.from_regex(r"[A-Za-z0-9_.+-]{1,12}", fullmatch=True).filter(lambda word: word not in (".", ".."))
_TAIL = st.sampled_from(["tbz2", "driver", "firmware", "rpm", "driver-rpm"])


@st.composite
def packages(draw: st.DrawFn) -> tuple[Package, ...]:
    files = draw(st.lists(_WORD, min_size=1, max_size=6, unique=True))
    made = []
    for line, file in enumerate(files, 1):
        kind = draw(_TAIL)
        destination = "/" if kind in ("tbz2", "driver") else draw(_WORD) if kind == "driver-rpm" else ""
        required = draw(st.booleans()) if kind == "tbz2" else True
        md5 = draw(st.from_regex(r"[0-9a-f]{32}", fullmatch=True))
        made.append(Package(draw(_WORD), draw(st.integers(0, 10**12)), md5, kind, file, line, required, destination))
    return tuple(made)


@given(packages())
def test_what_is_written_is_read_back(made: tuple[Package, ...]) -> None:
    assert text.read_packages(text.render_packages(made)) == made


@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_but_the_formats_own_error(content: bytes) -> None:
    for read in (text.read_packages, text.read_repository):
        try:
            read(content)
        except FormatError as error:
            assert error.line >= 1 and error.column >= 1
