"""`.treeinfo`: which product a tree of 7.0 or later is, and which keys its installer takes from it. Stricter than the installer."""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass

from pxeserve.repo.formats.fault import FormatError

TREEINFO = ".treeinfo"
_LARGEST = 64 << 10


@dataclass(frozen=True, slots=True)
class TreeInfo:
    """What `.treeinfo` says. `keys` are the files of `[keys]`, in their order; `sections` those of its sections that name the product."""

    product: str
    version: str
    platform: str
    platform_version: str
    build: str
    keys: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The first key, which installers of XenServer 8 and XCP-ng 8.3 import; "" for none."""
        return self.keys[0] if self.keys else ""


def read_treeinfo(text: bytes, file: str = TREEINFO) -> TreeInfo:
    """`.treeinfo`: `[system-v1]` counts where it stands (XenServer 8, XCP-ng 8.3 and later), else `[branding]` and `[platform]`.

    Raises FormatError in the installer's own words where it has some.
    """
    parser = _parsed(text, file)

    def get(section: str, option: str) -> str:
        if not parser.has_option(section, option):
            raise FormatError(file, _line_of(text, section), 1, f"Failed to read .treeinfo: No option {option!r} in section: {section!r}")
        return _value(parser, text, file, section, option)

    build = _value(parser, text, file, "build", "number") if parser.has_option("build", "number") else ""
    keys: list[str] = []
    if parser.has_section("keys"):
        keys = [_value(parser, text, file, "keys", name) for name in parser.options("keys")]
        if "" in keys:
            raise FormatError(file, _line_of(text, "keys"), 1, "a key without a file in [keys]")
    sections = tuple(name for name in ("branding", "system-v1") if parser.has_section(name))
    if "system-v1" in sections:
        names = ("product_name", "product_version", "platform_name", "platform_version")
        product, version, platform, platform_version = (get("system-v1", name) for name in names)
    elif "branding" in sections:
        product, version = get("branding", "name"), get("branding", "version")
        platform, platform_version = (get("platform", "name"), get("platform", "version")) if parser.has_section("platform") else ("", "")
    else:
        raise FormatError(file, 1, 1, "neither [system-v1] nor [branding]: it does not say which product this is")
    return TreeInfo(product, version, platform, platform_version, build, tuple(keys), sections)


def _parsed(text: bytes, file: str) -> configparser.RawConfigParser:
    if len(text) > _LARGEST:
        raise FormatError(file, 1, 1, f"{len(text)} bytes, and more than {_LARGEST} are not read")
    parser = configparser.RawConfigParser(strict=True, interpolation=None)
    try:
        parser.read_string(text.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise FormatError(file, text.count(b"\n", 0, error.start) + 1, 1, "not UTF-8") from None
    except (configparser.DuplicateOptionError, configparser.DuplicateSectionError) as error:
        what = f"[{error.section}]" + (f" {error.option}" if isinstance(error, configparser.DuplicateOptionError) else "")
        raise FormatError(file, error.lineno or 1, 1, f"{what} for the second time: installers differ about which one counts") from None
    except configparser.Error as error:
        line = getattr(error, "lineno", None) or next((one[0] for one in getattr(error, "errors", ())), 1)
        raise FormatError(file, int(line), 1, f"not sections of KEY = VALUE: {str(error).splitlines()[0]}") from None
    if parser.defaults():
        raise FormatError(file, _line_of(text, "DEFAULT"), 1, "[DEFAULT]: its options would count in every section, in [keys] too")
    return parser


def _value(parser: configparser.RawConfigParser, text: bytes, file: str, section: str, option: str) -> str:
    value = parser.get(section, option).strip()
    if "%" in value or "\n" in value:
        rule = "installers take % for a reference to another option" if "%" in value else "it goes on over several lines"
        raise FormatError(file, _line_of(text, section), 1, f"[{section}] {option} = {value!r}: {rule}")
    return value


def _line_of(text: bytes, section: str) -> int:
    lines = text.decode("utf-8", "replace").splitlines()
    return next((number for number, line in enumerate(lines, 1) if re.match(rf"\[{re.escape(section)}\]", line.strip())), 1)
