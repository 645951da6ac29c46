"""What the site's builder is told beyond mkdocs.yml: anchors as the repository's pages are linked by, pictures drawn here instead of in the
browser, and pages of README.md's list that no part of the navigation names. Refuses to know any page.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # `picture`, wherever the builder is started from

import picture

_PAGE = re.compile(r"^- \[docs/([\w-]+\.md)\]", re.MULTILINE)
_MERMAID = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\|.*$", re.MULTILINE)
_CODE = re.compile(r"`[^`]+`")
_DROPPED = re.compile(r"[^\w\- ]")


def slug(heading: str, separator: str) -> str:
    """The anchor of a heading, as hosts of repositories make it: they keep one hyphen for each space."""
    return _DROPPED.sub("", heading.strip().lower()).replace(" ", separator)


def on_config(config: Any) -> Any:
    """Anchors, and the rest of the navigation."""
    config.mdx_configs["toc"]["slugify"] = slug
    readme = Path(config.config_file_path).with_name("README.md").read_text(encoding="utf-8")
    further = [page for page in _PAGE.findall(readme) if page not in named(config.nav)]
    if further:
        config.nav = [*config.nav, {"Further": further}]
    return config


def named(nav: Any) -> set[str]:
    """The pages that a navigation names."""
    match nav:
        case str():
            return {nav}
        case dict():
            return {page for inner in nav.values() for page in named(inner)}
        case list():
            return {page for inner in nav for page in named(inner)}
    return set()


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Mermaid, which a browser could only draw with a script, as SVG; and a bar in a table's code without the backslash that this
    Markdown would show."""
    drawn = _MERMAID.sub(lambda found: picture.svg(found[1]) + "\n", markdown)
    return _ROW.sub(lambda row: _CODE.sub(lambda code: code[0].replace("\\|", "|"), row[0]), drawn)
