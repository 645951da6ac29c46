"""A site's own template in a browser: begun from a generation's, tried before it is kept, refused with its line, and brought back."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Look

HOST = "xen-r3-01"
GOOD = """<installation mode="{{ mode }}">
  <primary-disk>sda</primary-disk>
  <source type="{{ source.type }}">{{ source.address }}</source>
  <root-password type="{{ password.type }}">{{ password.text }}</root-password>
  <admin-interface name="eth0" proto="dhcp"/>
  <hostname>{{ host.name }}</hostname>
</installation>
"""


def test_a_template_is_tried_kept_refused_and_brought_back(look: Look) -> None:
    seen = look()
    page = seen.at("/answerfiles")
    page.get_by_role("link", name="New template").click()
    page.get_by_text("Begin with…").click()
    page.get_by_role("link", name="XCP-ng 8.3").click()
    expect(page.get_by_label("Text")).to_have_value(re.compile("^{# For XCP-ng 8.3"))
    page.get_by_label("Name", exact=True).fill("racks/site.xml.j2")
    page.get_by_label("Text").fill(GOOD.replace('proto="dhcp"', 'proto="dhpc"'))
    page.get_by_label("Try it for host").fill(HOST)
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#told")).to_contain_text("template racks/site.xml.j2 line 5")
    page.get_by_label("Text").fill(GOOD)
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#told pre")).to_contain_text(f"<hostname>{HOST}</hostname>")
    expect(page.locator("#told pre")).to_contain_text("********")
    page.get_by_role("button", name="Keep it").click()
    page.wait_for_url("**/answerfiles/-/templates/racks/site.xml.j2")
    page.get_by_label("Text").fill(GOOD.replace("sda", "nvme0n1"))
    with page.expect_navigation():  # it is loaded anew; what is said of one change would else be taken for the next one's
        page.get_by_role("button", name="Change it").click()
    expect(page.locator("#toasts")).to_contain_text("is changed")
    page.get_by_label("As it was").select_option(index=1)
    expect(page.get_by_label("Text")).to_have_value(GOOD)
    with page.expect_navigation():  # it is loaded anew; what is said of one change would else be taken for the next one's
        page.get_by_role("button", name="Change it").click()
    expect(page.locator("#toasts")).to_contain_text("is changed")
    page.get_by_role("button", name="Remove…").click()
    page.get_by_label("To go on, type").fill("racks/site.xml.j2")
    page.get_by_role("button", name="Remove it").click()
    page.wait_for_url("**/answerfiles")
    expect(page.locator("#templates")).not_to_contain_text("racks/site.xml.j2")
    assert seen.complaints == []
