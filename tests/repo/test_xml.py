"""The XML format, element by element: what is read, and every fault with its line and column."""

from __future__ import annotations

from xml.dom import minidom

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.repo.formats import packs, xml
from pxeserve.repo.formats.fault import FormatError
from pxeserve.repo.formats.xs import Package, Repository, Requirement

MD5 = "2ba1783d84d10c71f07469252c555427"
REPOSITORY = """<?xml version="1.0"?>
<repository originator="xs" name="main" product="XenServer" version="6.5.0" build="90233c">
  <description>
    XenServer Pack
  </description>
  <!-- what it needs -->
  <requires originator="xcp" name="main" test="ge" version="1.9.0" build="7"/>
</repository>
"""
PACKAGES = f"""<packages>
  <package label="base" type="tbz2" size="37750" md5="{MD5}" root="/">base.tar.bz2</package>
  <package label="x" type="rpm" size="1" md5="{MD5}" options=" -U  --nodeps">x.rpm</package>
  <package label="y" type="rpm" size="1" md5="{MD5}" options="">y.rpm</package>
  <package label="z" type="driver-rpm" kernel="any" size="1" md5="{MD5}">
    z.rpm
  </package>
  <package label="nic" type="driver" size="1" md5="{MD5}" root="/lib/modules/${{LINUX_KABI_VERSION}}/extra/nic.ko">nic.ko</package>
  <package label="fw" type="firmware" size="1" md5="{MD5}">sub/fw.bin</package>
</packages>
"""


def test_a_repository_is_read_as_the_installer_reads_it() -> None:
    found = xml.read_repository(REPOSITORY.encode())
    requirement = Requirement("xcp:main", "ge", "1.9.0", "7", 7)
    assert found == Repository("xs:main", "XenServer Pack", "XenServer", "6.5.0", "90233c", (requirement,))
    assert packs.wanted(requirement) == "xcp:main >= 1.9.0-7"


def test_a_pack_of_the_driver_development_kit_is_read() -> None:
    text = (
        '<repository originator="acme" name="nic" product="XenServer" version="1.0.0"'
        ' memory-requirement-mb="64" enforce-homogeneity="true">\n'
        "<description>ACME</description>\n"
        '<requires originator="xs" name="main" test="ge" product="XenServer" version="6.0.0" />\n</repository>\n'
    )
    assert xml.read_repository(text.encode()).requires == (Requirement("xs:main", "ge", "6.0.0", "", 3),)


def test_packages_of_each_type_are_read() -> None:
    base, x, y, z, nic, fw = xml.read_packages(PACKAGES.encode())
    assert base == Package("base", 37750, MD5, "tbz2", "base.tar.bz2", 2, True, "/")
    assert (x.options, y.options) == ("-U --nodeps", "-U")  # an empty one is -U
    assert (z.file, z.destination, z.options) == ("z.rpm", "any", "-U")
    assert (nic.kind, nic.destination, nic.line) == ("driver", "/lib/modules/${LINUX_KABI_VERSION}/extra/nic.ko", 8)
    assert (fw.file, fw.destination) == ("sub/fw.bin", "")


def _package(**changed: str | None) -> str:
    said = {"label": "a", "type": "tbz2", "size": "1", "md5": MD5, "root": "/", **changed}
    attributes = " ".join(f'{name}="{value}"' for name, value in said.items() if value is not None)
    return f"<packages>\n<package {attributes}>a</package>\n</packages>"


def _repository(inside: str = "<description>A</description>", more: str = "", version: str = "6.5.0", name: str = "main") -> str:
    return f'<repository originator="xs" name="{name}" product="XenServer" version="{version}"{more}>\n{inside}\n</repository>'


PACKAGE_FAULTS: dict[str, tuple[str, int, int, str]] = {
    "empty": ("", 1, 1, "not XML"),
    "plain text": (f"docs 37750 {MD5} tbz2 required docs.tar.bz2 /\n", 1, 1, "not XML"),
    "cut": (_package()[:-8], 3, 3, "not XML"),
    "no packages": ("<packages/>", 1, 1, "no packages"),
    "another root": ("<xml/>", 1, 1, "the outermost element is <xml>"),
    "DOCTYPE": ('<?xml version="1.0"?>\n<!-- a -->\n <!DOCTYPE packages [<!ENTITY a "b">]>\n' + _package(), 3, 2, "a DOCTYPE"),
    "external DOCTYPE": ('<!DOCTYPE packages SYSTEM "http://192.0.2.1/x.dtd">\n' + _package(), 1, 1, "a DOCTYPE"),
    "unknown entity": (_package().replace(">a<", ">&evil;<"), 2, 76, "not XML"),
    "unknown type": (_package(type="zip"), 2, 20, "'zip' is not a package type"),
    "no label": (_package(label=None), 2, 1, "has no label"),
    "no size": (_package(size=None), 2, 1, "has no size"),
    "words for a size": (_package(size="5 GB"), 2, 32, "size '5 GB' is not a whole number"),
    "capitals": (_package(md5=MD5.upper()), 2, 41, "capitals never match"),
    "short MD5": (_package(md5="abc"), 2, 41, "32 hex digits"),
    "root that leaves": (_package(root="/../etc"), 2, 80, "leaves the root"),
    "driver without root": (_package(type="driver", root=None), 2, 1, "has no root"),
    "driver-rpm without kernel": (_package(type="driver-rpm"), 2, 1, "has no kernel"),
    "unknown attribute": (_package(md5sum="x"), 2, 89, "attribute md5sum of <package>: no installer reads it"),
    "dots": (_package().replace(">a<", ">../a<"), 2, 1, "leaves the repository's folder"),
    "absolute": (_package().replace(">a<", ">/a<"), 2, 1, "is absolute"),
    "blank in a name": (_package().replace(">a<", ">a b<"), 2, 1, "cannot stand in a URL"),
    "nameless": (_package().replace(">a<", "> <"), 2, 1, "is empty"),
    "element inside": (_package().replace(">a<", ">a<b/><"), 2, 90, "<b> inside <package>"),
    "unknown element": (_package().replace("</packages>", "<pkg/></packages>"), 3, 1, "<pkg> inside <packages>"),
    "stray text": (_package().replace("</packages>", "stray</packages>"), 2, 1, "text after <package>"),
    "twice": (
        "<packages>\n" + 2 * _package().splitlines()[1] + "\n</packages>", 2, 100, "a is listed twice, first in line 2",
    ),
    "not UTF-8": (_package().replace(">a<", ">\xff<"), 2, 89, "byte 0xff"),
    "deep": ("<packages>" + "<a>" * 40 + "</a>" * 40 + "</packages>", 1, 104, "nested more than 32 deep"),
    "many": ("<packages>" + "<a/>" * 20_001 + "</packages>", 1, 80_007, "more than 20000 elements"),
    "large": (_package() + " " * (4 << 20), 1, 1, "are not read"),
}  # fmt: skip

REPOSITORY_FAULTS: dict[str, tuple[str, int, str]] = {
    "no description": (_repository(""), 1, "0 elements <description>"),
    "empty description": (_repository("<description> </description>"), 2, "<description> is empty"),
    "two descriptions": (_repository(2 * "<description>A</description>"), 1, "2 elements <description>"),
    "no name": (_repository(name=""), 1, "has no name"),
    "blank in a name": (_repository(name="my repo"), 1, "letters, digits"),
    "no version": (_repository(version="new"), 1, "numbers parted by dots"),
    "beyond ASCII": (_repository("<description>caf\xc3\xa9</description>"), 2, "not plain ASCII"),
    "unknown test": (
        _repository('<description>A</description><requires originator="xs" name="main" test="=" version="1"/>'), 2, "none of eq, ne, lt"
    ),
    "unknown element": (_repository("<description>A</description><needs/>"), 2, "<needs> inside <repository>"),
    "large": (_repository("<description>" + "a" * (256 << 10) + "</description>"), 1, "are not read"),
    "laughs": (
        '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>\n' + _repository("<description>&b;</description>"), 1, "a DOCTYPE"
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", PACKAGE_FAULTS)
@pytest.mark.quirk("capital-md5")
def test_each_fault_of_a_package_is_named_with_its_place(fault: str) -> None:
    content, line, column, says = PACKAGE_FAULTS[fault]
    with pytest.raises(FormatError) as error:
        xml.read_packages(content.encode("latin-1"), "packages.main/XS-PACKAGES")
    assert says in error.value.message
    if "not XML" not in says:
        assert (error.value.line, error.value.column) == (line, column)
    assert str(error.value).startswith(f"packages.main/XS-PACKAGES:{error.value.line}:{error.value.column}: ")


@pytest.mark.parametrize("fault", REPOSITORY_FAULTS)
def test_each_fault_of_a_repository_is_named_with_its_line(fault: str) -> None:
    content, line, says = REPOSITORY_FAULTS[fault]
    with pytest.raises(FormatError) as error:
        xml.read_repository(content.encode("latin-1"))
    assert says in error.value.message
    assert error.value.line == line


def test_a_place_is_right_behind_comments_and_in_tags_of_many_lines() -> None:
    text = f'<packages><!-- <package> -->\n<package\n  label="a" type="rpm"\n  size="x" md5="{MD5}">a</package></packages>'
    with pytest.raises(FormatError) as error:
        xml.read_packages(text.encode())
    assert (error.value.line, error.value.column) == (4, 3)


@pytest.mark.parametrize(
    ("test", "version", "build", "right"),
    [
        ("ge", "6.5.0", "", True), ("gt", "6.5.0", "", False), ("eq", "6.5.0", "90233c", True), ("eq", "6.5.0", "90234c", False),
        ("lt", "6.10.0", "", True), ("ne", "6.2", "", True), ("le", "6.4", "", False), ("ge", "6.5.0", "100000c", False),
    ],
)  # fmt: skip
def test_versions_are_compared_as_numbers(test: str, version: str, build: str, right: bool) -> None:
    present = Repository("xs:main", "A", "XenServer", "6.5.0", "90233c")
    assert packs.satisfied(Requirement("xs:main", test, version, build), present) is right


_WORD = st.from_regex(r"[A-Za-z0-9_.-]{1,12}", fullmatch=True).filter(lambda word: word not in (".", ".."))
_VERSION = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){1,3}", fullmatch=True)
_BUILD = st.one_of(st.just(""), st.from_regex(r"[0-9]{1,6}[a-z]?", fullmatch=True))
_SHOWN = st.from_regex(r"[!-~]([ -~]{0,20}[!-~])?", fullmatch=True)


@st.composite
def repositories(draw: st.DrawFn) -> Repository:
    tests = st.sampled_from(packs.TESTS)
    requires = draw(st.lists(st.builds(Requirement, st.builds("{}:{}".format, _WORD, _WORD), tests, _VERSION, _BUILD), max_size=3))
    return Repository(f"{draw(_WORD)}:{draw(_WORD)}", draw(_SHOWN), draw(_SHOWN), draw(_VERSION), draw(_BUILD), tuple(requires))


@st.composite
def packages(draw: st.DrawFn) -> tuple[Package, ...]:
    files = draw(st.lists(_WORD, min_size=1, max_size=6, unique=True))
    made = []
    for file in files:
        kind = draw(st.sampled_from(["tbz2", "driver", "firmware", "rpm", "driver-rpm"]))
        destination = "/" if kind in ("tbz2", "driver") else draw(_WORD) if kind == "driver-rpm" else ""
        options = draw(st.sampled_from(["-U", "-i --force"])) if "rpm" in kind else ""
        md5 = draw(st.from_regex(r"[0-9a-f]{32}", fullmatch=True))
        made.append(Package(draw(_SHOWN), draw(st.integers(0, 10**12)), md5, kind, file, 0, True, destination, options))
    return tuple(made)


def _without_lines(found: tuple[Package, ...]) -> list[tuple[object, ...]]:
    return [(one.name, one.size, one.md5, one.kind, one.file, one.destination, one.options) for one in found]


@given(packages())
def test_packages_that_are_written_are_read_back(made: tuple[Package, ...]) -> None:
    assert _without_lines(xml.read_packages(xml.render_packages(made))) == _without_lines(made)


def _as_the_installer_reads(content: bytes) -> list[tuple[str, ...]]:
    """By the parser of installers 5.6 to 7.0, minidom, and by what they ask it for."""
    found = []
    for node in minidom.parseString(content).getElementsByTagName("package"):
        said = tuple(node.getAttribute(name) for name in ("label", "type", "size", "md5", "root", "kernel"))
        options = " ".join(node.getAttribute("options").split() or ["-U"])
        found.append((*said, options, "".join(child.data for child in node.childNodes if child.nodeType == child.TEXT_NODE).strip()))
    return found


@given(packages())
def test_the_installers_own_parser_reads_the_same(made: tuple[Package, ...]) -> None:
    assert _as_the_installer_reads(xml.render_packages(made)) == [
        (
            one.name, one.kind, str(one.size), one.md5, one.destination if one.kind in ("tbz2", "driver") else "",
            one.destination if one.kind == "driver-rpm" else "", one.options or "-U", one.file,
        )
        for one in made
    ]  # fmt: skip


@given(repositories())
def test_a_repository_that_is_written_is_read_back(made: Repository) -> None:
    found = xml.read_repository(xml.render_repository(made))
    assert (found.id, found.name, found.product, found.version, found.build) == (made.id, made.name, made.product, made.version, made.build)
    assert [(one.id, one.test, one.version, one.build) for one in found.requires] == [
        (one.id, one.test, one.version, one.build) for one in made.requires
    ]


@given(st.one_of(st.binary(max_size=300), st.text(alphabet='<>/="&;![]-? \n\tpackagesroty%', max_size=120).map(str.encode)))
def test_no_bytes_raise_anything_but_the_formats_own_error(content: bytes) -> None:
    for read in (xml.read_packages, xml.read_repository):
        try:
            read(content)
        except FormatError as error:
            assert error.line >= 1 and error.column >= 1
