"""The page of a medium's folder, for people: names, sizes, dates, and the way up. Pure.

No script, nothing from elsewhere, no word of the client's in it; names come from the medium and are escaped, and what could turn a line
of text around or hide in it is written out.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from flask import render_template_string

from pxeserve.events.record import harmless
from pxeserve.provision.listing import Entry

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.25rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 600; }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
td:first-child { overflow-wrap: anywhere; }
.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
a { text-decoration: none; }
a:hover, a:focus { text-decoration: underline; }
p { opacity: .7; }
"""

POLICY = f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
"""The Content-Security-Policy that lets the page have its own style and nothing else."""

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{ title }}</title>
<style>{{ style|safe }}</style></head>
<body>
<h1>{{ title }}</h1>
<table>
<thead><tr><th scope="col">Name</th><th scope="col" class="n">Size</th><th scope="col" class="n">Modified (UTC)</th></tr></thead>
<tbody>
{%- if up %}
<tr><td><a href="../">../</a></td><td></td><td></td></tr>
{%- endif %}
{%- for one in rows %}
<tr><td><a href="./{{ one.href }}">{{ one.name }}</a></td><td class="n" title="{{ one.exact }}">{{ one.size }}</td>
<td class="n">{{ one.modified }}</td></tr>
{%- endfor %}
</tbody>
</table>
<p>{{ total }}</p>
</body>
</html>
"""


def page(medium: str, folder: str, entries: Sequence[Entry]) -> str:
    """The page of `folder` (empty for the medium itself) in `medium`. Needs an application's context, for its templates."""
    parts = [part for part in folder.split("/") if part]
    title = "".join(f"{harmless(part)}/" for part in (medium, *parts))
    files = sum(one.files for one in entries)
    total = f"{files} {'file' if files == 1 else 'files'}, {_human(sum(one.size for one in entries))}"
    rows = [
        {
            "name": harmless(one.name, 1024),
            "href": quote(one.name.encode("utf-8", "surrogateescape")),
            "size": _human(one.size),
            "exact": f"{one.size} bytes" + (f" in {one.files} files" if one.name.endswith("/") else ""),
            "modified": _moment(one.modified),
        }
        for one in entries
    ]
    return render_template_string(_PAGE, title=title, style=_STYLE, up=bool(parts), rows=rows, total=total)


def _human(size: int) -> str:
    number = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def _moment(at: float | None) -> str:
    if at is None:
        return ""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return ""
