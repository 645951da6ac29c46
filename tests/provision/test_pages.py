"""The pages that people see at the provisioning listener: its health, its home, and the folders of media."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from sqlalchemy import update

from pxeserve.store import tables as t
from tests.provision.test_app import get, parts


def test_health_and_home(site: Any) -> None:
    assert parts(site.talk(get("/healthz")))[::2] == (200, b"ok\n")
    assert parts(site.talk(get("/healthz", "HEAD")))[::2] == (200, b"")
    assert parts(site.talk(get("/")))[0] == 200


def test_a_folders_page_is_escaped_and_names_only_the_manifest(site: Any) -> None:
    site.put("<script>alert(1)</script>", b"x")
    (site.folder / "planted").write_bytes(b"x")
    status, headers, body = parts(site.talk(get("/media/disc/")))
    assert status == 200
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert b"<script>" not in body
    assert b"planted" not in body
    assert b'href="./packages.main/"' in body
    assert b"evil.example" not in body
    page = parts(site.talk(get("/media/disc/packages.main/")))[2]
    assert b'href="./XS-REPOSITORY"' in page
    assert parts(site.talk(get("/media/disc/packages.mai/")))[0] == 404


def test_a_folders_page_tells_sizes_dates_and_the_way_up(site: Any) -> None:
    for name in ("b.rpm", "A.rpm", "deep/er/c.rpm", ".hidden", "\u202egpr.exe", "a b%?#.rpm"):
        site.put(f"Packages/{name}", b"x" * 1500)
    with site.store.site.write() as connection:
        stamp = "1:2:1500:1700000000000000000:1700000000000000000"
        connection.execute(update(t.medium_file).where(t.medium_file.c.path == "Packages/b.rpm").values(stamp=stamp))
    status, headers, body = parts(site.talk(get("/media/disc/Packages/")))
    page = body.decode()
    assert status == 200
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    hrefs = re.findall(r'href="([^"]*)"', page)
    assert hrefs == ["../", "./deep/", "./.hidden", "./a%20b%25%3F%23.rpm", "./A.rpm", "./b.rpm", "./%E2%80%AEgpr.exe"]
    assert "\u202e" not in page, "nothing turns a name around"
    assert 'title="1500 bytes">1.5 kB</td>\n<td class="n">2023-11-14 22:13</td>' in page
    assert 'title="1500 bytes in 1 files"' in page
    assert "6 files, 9.0 kB" in page
    for href in hrefs[2:]:
        assert parts(site.talk(get(f"/media/disc/Packages/{href[2:]}", "GET", b"", "Connection: close")))[::2] == (200, b"x" * 1500)
    top = parts(site.talk(get("/media/disc/")))[2]
    assert b'href="../"' not in top
    assert b'href="./Packages/"' in top
    assert parts(site.talk(get("/media/disc/Packages/", "HEAD")))[2] == b""


def test_the_policy_of_a_page_fits_its_style(site: Any) -> None:
    _, headers, body = parts(site.talk(get("/media/disc/")))
    style = re.search(rb"<style>(.*?)</style>", body, re.DOTALL)
    assert style is not None
    assert base64.b64encode(hashlib.sha256(style[1]).digest()).decode() in headers["content-security-policy"]
