"""Installations by what only an answerfile says: scripts of all stages, an address of the host's own, a site's own template."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = [pytest.mark.boot, pytest.mark.netns, pytest.mark.long]

STATIC = (
    "hostname=xen01.example", "admin-interface.name=eth0", "admin-interface.proto=static", "admin-interface.ipaddr=10.77.0.11",
    "admin-interface.subnet=255.255.255.0", "admin-interface.gateway=10.77.0.1",
)  # fmt: skip
TEMPLATE = """\
<?xml version="1.0"?>
<installation mode="{{ mode }}">
  <primary-disk>{{ answers.primary_disk.device }}</primary-disk>
  <source type="{{ source.type }}">{{ source.address }}</source>
  <admin-interface name="eth0" proto="dhcp"/>
  <root-password type="{{ password.type }}">{{ password.text }}</root-password>
  <hostname>{{ host.name }}-by-template</hostname>
  <timezone>{{ answers.timezone }}</timezone>
{% for stage, address in hooks.items() %}
  <script stage="{{ stage }}" type="url">{{ address }}</script>
{% endfor %}
</installation>
"""


def _script(service, stage: str) -> None:
    """A script of the site's that says on the console where it stands, and with what argument."""
    file = service.lay(f"scripts-to-add/{stage}.sh", f'#!/bin/sh\necho "@@ SITE {stage} ${{1-none}}"\n')
    service.cli("script", "add", file, "--name", stage)
    service.cli("host", "set", "xen01", "--set", f"scripts.{stage}=[{stage}]")


def test_scripts_of_all_stages_run_in_their_order(service, disk: Path) -> None:
    service.modern()
    stages = ("installation-start", "filesystem-populated", "installation-complete")
    for stage in stages:
        _script(service, stage)
    said = service.installed(disk)
    assert [line for line in said if line.startswith("SITE")] == [
        "SITE installation-start none", "SITE filesystem-populated /tmp/root", "SITE installation-complete 0",
    ]  # fmt: skip
    first, last = (next(n for n, line in enumerate(said) if line.startswith(word)) for word in ("SITE installation-start", "PACKAGE"))
    assert first < last
    for stage in stages:
        assert f"SCRIPT {stage} returned 0" in said
    assert "ROOT dom0_mem=512M,max:512M" in said


def test_the_one_stage_of_old_installers_runs_the_sites_script(service, disk: Path) -> None:
    _script(service, "filesystem-populated")
    said = service.installed(disk)
    assert "SITE filesystem-populated /tmp/root" in said
    assert "ROOT dom0_mem=512M $1$" in said


def test_a_host_is_installed_with_a_static_interface(service, disk: Path) -> None:
    service.cli("host", "set", "xen01", *(word for one in STATIC for word in ("--set", one)))
    said = service.installed(disk)
    assert "STATIC xen01.example 10.77.0.11 255.255.255.0 10.77.0.1" in said


def test_a_newer_host_is_installed_with_a_static_interface(service, disk: Path) -> None:
    service.modern()
    service.cli("host", "set", "xen01", *(word for one in STATIC for word in ("--set", one)))
    said = service.installed(disk)
    assert "STATIC xen01.example 10.77.0.11 255.255.255.0 10.77.0.1" in said


def test_a_host_is_installed_by_the_sites_own_template(service, disk: Path) -> None:
    service.modern()
    service.lay("templates/rack.xml.j2", TEMPLATE)
    service.cli("profile", "set", "rack-b", "--set", "template=rack.xml.j2")
    said = service.installed(disk)
    assert "HOSTNAME xen01-by-template" in said
