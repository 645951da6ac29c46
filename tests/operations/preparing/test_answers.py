"""What is declared for site, profiles and hosts: refused when it is set, told from whom it is, and written as the installer reads it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pxeserve.answerfile.document import parse
from pxeserve.domain.host import Host, Profile
from pxeserve.snapshot import Layers, resolve
from pxeserve.store import inventory
from tests.media_samples import make
from tests.operations.test_declared_site import declare
from tests.operations.test_site import MAC, OTHER, Site, furnished

STATIC = ["admin-interface.proto=static", "admin-interface.subnet=255.255.255.0", "admin-interface.gateway=10.77.0.1"]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = furnished(tmp_path)
    yield made
    made.context.store.close()


def text(site: Site, **more: Any) -> str:
    return str(site.ask("answerfile.render", name="xen01", **more)["answerfile"])


# --- who inherits from whom ---


def test_a_host_inherits_from_site_and_profiles_and_says_only_what_differs(site: Site) -> None:
    site.ask("site.set", set=["nameservers=[10.77.0.1]", "keymap=de", "hostname=nobody"])
    site.ask("profile.set", name="rack", set=["nameservers+=10.77.0.2", *STATIC])
    site.ask("profile.add", name="rack-a", parent="rack", set=["primary-disk.guest-storage=no"])
    notes = site.ask("host.set", name="xen01", profile="rack-a", set=["hostname=xen01", "keymap=null", "nameservers+=10.77.0.3"])["notes"]
    assert notes == [
        "not complete yet: admin-interface.ipaddr is missing: set it for the host or its profile, for example "
        "--set admin-interface.ipaddr=192.0.2.11"
    ]
    assert site.ask("host.set", name="xen01", set=["admin-interface.ipaddr=10.77.0.11"])["notes"] == []
    shown = text(site)
    for line in (
        '<primary-disk gueststorage="no">sda</primary-disk>', "<hostname>xen01</hostname>", "<ip>10.77.0.11</ip>",
        "<nameserver>10.77.0.1</nameserver>\n  <nameserver>10.77.0.2</nameserver>\n  <nameserver>10.77.0.3</nameserver>",
    ):  # fmt: skip
        assert line in shown
    assert "keymap" not in shown


def test_a_change_of_the_site_or_a_parent_is_seen_at_once(site: Site) -> None:
    site.ask("profile.set", name="rack", set=["timezone="])
    site.ask("site.set", set=["timezone=Asia/Tokyo"])
    assert "Asia/Tokyo" in text(site)
    site.ask("site.set", set=["timezone=Asia/Kolkata"])
    assert "Asia/Kolkata" in text(site)
    site.ask("profile.set", name="rack", set=["timezone=Europe/Rome"])
    assert "Europe/Rome" in text(site)


def test_words_add_to_lists_where_they_stand(site: Site) -> None:
    site.ask("host.set", name="xen01", set=["ntp-servers+=a", "ntp-servers+=[b, c]"])
    assert site.ask("host.show", name="xen01")["answerfile"] == {"ntp-servers+": ["a", "b", "c"]}
    site.ask("host.set", name="xen01", set=["ntp-servers=[d]", "ntp-servers+=e"])
    assert site.ask("host.show", name="xen01")["answerfile"] == {"ntp-servers": ["d", "e"]}
    site.ask("host.set", name="xen01", set=["ntp-servers=", "timezone=null"])
    assert site.ask("host.show", name="xen01")["answerfile"] == {"timezone": None}


# --- checked when it is set ---


@pytest.mark.parametrize(
    ("verb", "arguments", "says"),
    [
        ("site.set", {"set": ["timezone=a b"]}, "site: timezone: 'a b' is not a time zone"),
        ("site.set", {"set": ["primary-disc=sda"]}, "site: primary-disc: unknown; did you mean primary-disk?"),
        ("profile.set", {"name": "rack", "set": ["multipath=yes"]}, "belongs elsewhere: boot.multipath = enabled"),
        ("profile.set", {"name": "rack", "set": ["boot.hostname=xen01"]}, "this is an answer: set hostname itself"),
        ("profile.set", {"name": "rack", "set": ["boot.xen_args=answerfile_device=eth0"]}, "it belongs in boot.network_device"),
        ("profile.set", {"name": "rack", "set": ["boot.xen_args=map_netdev=a"]}, "it belongs in boot.kernel_args"),
        ("profile.set", {"name": "rack", "set": ["boot.kernel_args=dom0_mem=1G"]}, "it belongs in boot.dom0_mem"),
        ("profile.set", {"name": "rack", "set": ["boot.kernel_args=answerfile=http://a/b"]}, "is written by pxeserve itself"),
        ("profile.set", {"name": "rack", "set": ["boot.multipath=maybe"]}, "'maybe' is none of enabled, disabled, if-multiple"),
        ("profile.set", {"name": "rack", "set": ["boot.network_device=eth 0"]}, "is neither a card such as eth0"),
        # what the generation of its medium (4.1) cannot go on with
        ("profile.set", {"name": "rack", "set": ["boot.network_device=eth0"]}, "installers of 4.1 bring up all their network cards"),
        ("profile.set", {"name": "rack", "set": ["boot.multipath=yes"]}, "installers of 4.1 know no multipath"),
        ("profile.set", {"name": "rack", "set": ["sr-type=largeblock"]}, "sr-type: installers of 4.1 know lvm and ext, not largeblock"),
        ("profile.set", {"name": "rack", "set": ["admin-interface.vlan=5"]}, "admin-interface.vlan: installers of 4.1 know no VLAN"),
        ("host.set", {"name": "xen01", "set": ["admin-interface.vlan=5"]}, "host xen01: admin-interface.vlan"),
        ("host.set", {"name": "xen01", "set": ["primary-disk=iscsi:a"]}, "installers of 4.1 know no iSCSI disks"),
        # what refers to nothing
        ("profile.set", {"name": "rack", "set": ["sources=[linux]"]}, "profile rack: sources: there is no medium linux"),
        ("profile.set", {"name": "rack", "set": ["driver-sources=[cards]"]}, "profile rack: driver-sources: there is no medium cards"),
        ("host.set", {"name": "xen01", "set": ["template=rack.j2"]}, "host xen01: template rack.j2: there is no such template"),
        # what contradicts what is inherited, wherever it was said
        ("host.set", {"name": "xen01", "set": ["nameservers=[a]", "nameservers+=b"]}, "'a' is not an IPv4 address"),
        ("profile.set", {"name": "rack", "set": ["admin-interface.proto=zz"]}, "'zz' is none of static"),
    ],
)
def test_each_mistake_is_refused_when_it_is_set_and_nothing_is_kept(site: Site, verb: str, arguments: dict[str, Any], says: str) -> None:
    before = site.ask("export")
    assert says in site.refused(verb, **arguments)
    assert site.ask("export") == before


def test_a_profile_is_held_against_the_hosts_that_inherit_it(site: Site) -> None:
    site.ask("profile.set", name="rack", set=STATIC)
    site.ask("profile.add", name="rack-a", parent="rack")
    site.ask("host.set", name="xen01", profile="rack-a", set=["admin-interface.ipaddr=10.77.0.11"])
    said = site.refused("profile.set", name="rack", set=["admin-interface.gateway=10.99.0.1"])
    assert "host xen01: admin-interface.gateway: 10.99.0.1 is not in 10.77.0.0/24, the network of 10.77.0.11" in said
    assert "(admin-interface.gateway comes from profile rack)" in said
    assert "profile rack: admin-interface.vlan: installers of 4.1" in site.refused("site.set", set=["admin-interface.vlan=7"])
    site.ask("profile.set", name="rack", set=["nameservers=[10.77.0.1]"])


def test_a_medium_of_another_generation_is_refused_for_what_its_installer_could_not_be_told(site: Site, tmp_path: Path) -> None:
    site.ask("media.import", source=make("xcp-8.3", tmp_path / "xcp"), name="xcp")
    site.ask("profile.add", name="new", medium="xcp", set=["admin-interface={name: eth0, proto: dhcp, vlan: 5}", "boot.multipath=no"])
    said = site.refused("profile.set", name="new", medium="sample")
    assert "profile new: boot.multipath: installers of 4.1 know no multipath" in said
    site.ask("profile.set", name="new", set=["boot.multipath="])
    assert "admin-interface.vlan: installers of 4.1 know no VLAN" in site.refused("profile.set", name="new", medium="sample")


def test_a_hash_that_an_old_installer_would_read_as_the_password_is_told_when_it_is_set(site: Site) -> None:
    hashed = 'root-password={"hash": "$6$saltsalt$' + "a" * 86 + '"}'
    said = "root-password: installers of 4.1 read plain text, and this is a hash"
    assert any(one.startswith(said) for one in site.ask("profile.set", name="rack", set=[hashed])["notes"])
    assert any(one.startswith(said) for one in site.ask("host.set", name="xen01", set=[hashed])["notes"])
    assert site.ask("profile.set", name="rack", set=["root-password=random"])["notes"] == []


def test_what_the_installer_will_not_be_told_is_said_and_kept(site: Site) -> None:
    notes = site.ask("profile.set", name="rack", set=["services.sshd=disabled", "existing-installation=sda"])["notes"]
    assert [one.partition(";")[0] for one in notes] == ["services: installers of 4.1 know no <service>"]
    assert notes[0] in site.ask("host.install", name="xen01")["warnings"]


# --- from whom a value is ---


def said(answer: dict[str, Any]) -> dict[str, str]:
    return {one["answer"]: one["origin"] for one in answer["origins"]}


def test_every_value_of_the_file_has_an_origin(site: Site) -> None:
    site.ask("site.set", set=["nameservers=[10.77.0.1]", "ntp-servers=[ntp.example.com]"])
    site.ask("profile.set", name="rack", set=["nameservers+=10.77.0.2", *STATIC, "primary-disk.guest-storage=no", "sr-type=ext"])
    site.ask("host.set", name="xen01", set=["hostname=xen01", "admin-interface.ipaddr=10.77.0.11", "guest-disks=[sdb]"])
    answer = site.ask("answerfile.render", name="xen01")
    told = {(one["line"], one["element"], one["attribute"]): one["origin"] for one in answer["origins"]}
    values = [
        (node.line, node.name, attribute)
        for node in parse(answer["answerfile"].encode()).nodes
        for attribute in (*node.attributes, *([None] if node.text.strip() else []))
    ]
    assert len(values) > 15
    assert set(told) == set(values)
    assert all(told.values())
    assert said(answer) == {
        "sr-type": "profile rack", "primary-disk.guest-storage": "profile rack", "primary-disk.device": "profile rack",
        "guest-disks.0": "host xen01", "sources.0.kind": "pxeserve", "sources.0.address": "pxeserve", "root-password.text": "pxeserve",
        "nameservers.0": "site", "nameservers.1": "profile rack", "hostname": "host xen01", "timezone": "profile rack",
        "ntp-servers.0": "site", "admin-interface.name": "profile rack", "admin-interface.proto": "profile rack",
        "admin-interface.ipaddr": "host xen01", "admin-interface.subnet": "profile rack", "admin-interface.gateway": "profile rack",
        "scripts.0.address": "pxeserve",
    }  # fmt: skip
    assert {one["answer"]: (one["value"], one["origin"]) for one in answer["defaults"]}["keymap"] == ("us", "default of 4.1")


def test_explain_names_who_said_each_answer_and_shows_no_password(site: Site) -> None:
    site.ask("site.set", set=["root-password.hash=$6$topsecret"])
    found = site.ask("explain", mac=MAC)["answers"]
    assert {"answer": "timezone", "value": "Europe/London", "origin": "profile rack"} in found
    assert {"answer": "root-password.hash", "value": "********", "origin": "site"} in found
    assert site.ask("explain", mac=OTHER)["answers"] == []


# --- more sources ---


def test_packs_come_after_the_medium_by_name_or_address_and_are_needed_as_long_as_they_are_named(site: Site, tmp_path: Path) -> None:
    site.ask("media.import", source=make("xcp-8.3", tmp_path / "xcp"), name="xcp")
    site.ask("media.import", source=make("text-pack", tmp_path / "pack"), name="pack")
    site.ask("profile.add", name="new", medium="xcp", set=["primary-disk=sda", "admin-interface={name: eth0, proto: dhcp}"])
    site.ask("profile.set", name="new", set=["sources=[pack, http://10.77.0.9/more]", "driver-sources=[{medium: pack}]"])
    site.ask("host.set", name="xen01", profile="new")
    answer = site.ask("answerfile.render", name="xen01")
    shown = answer["answerfile"]
    sources = [line.strip() for line in shown.splitlines() if "source" in line]
    assert sources == [
        '<source type="url">http://127.0.0.1/media/xcp</source>', '<source type="url">http://127.0.0.1/media/pack</source>',
        '<source type="url">http://10.77.0.9/more</source>', '<driver-source type="url">http://127.0.0.1/media/pack</driver-source>',
    ]  # fmt: skip
    assert said(answer)["sources.2.address"] == "profile new"
    assert "is needed by sources of profile new" in site.refused("media.remove", name="pack")


# --- templates ---

TEMPLATE = """<?xml version="1.0"?>
<installation{% if mode != "fresh" %} mode="{{ mode }}"{% endif %}>
  <primary-disk>{{ answers.primary_disk.device }}</primary-disk>
  <source type="{{ source.type }}">{{ source.address }}</source>
  <root-password>{{ password.text }}</root-password>
  <admin-interface name="eth0" proto="dhcp"/>
  <timezone>{{ answers.timezone }}</timezone>
  <hostname>{{ host.name }}-{{ host.mac | replace(":", "") }}</hostname>
  <keymap>us</keymap>
  <post-install-script>{{ hooks["filesystem-populated"] }}</post-install-script>
</installation>
"""


@pytest.fixture
def templated(site: Site) -> Site:
    (site.data / "templates" / "rack.xml.j2").write_text(TEMPLATE)
    site.ask("profile.set", name="rack", set=["template=rack.xml.j2"])
    return site


def change(site: Site, old: str, new: str) -> None:
    assert old in TEMPLATE
    (site.data / "templates" / "rack.xml.j2").write_text(TEMPLATE.replace(old, new))


def test_a_sites_own_template_writes_the_answerfile(templated: Site) -> None:
    answer = templated.ask("answerfile.render", name="xen01")
    assert "<hostname>xen01-525400770001</hostname>" in answer["answerfile"]
    origins = said(answer)
    assert (origins["timezone"], origins["primary-disk.device"]) == ("profile rack", "profile rack")
    assert (origins["hostname"], origins["keymap"]) == ("template rack.xml.j2", "template rack.xml.j2")
    assert (origins["sources.0.address"], origins["root-password.text"]) == ("pxeserve", "template rack.xml.j2")
    assert (answer["template"], answer["warnings"]) == ("rack.xml.j2", [])
    armed = templated.ask("host.install", name="xen01")
    assert armed["erases"] == ["sda"]
    assert not [one for one in armed["warnings"] if "template" in one]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("answers.timezone", "answers.time_zone", "template rack.xml.j2 line 7: 'pxeserve.answerfile.answers.Answers object' has no"),
        ("{{ answers.timezone }}", "{{ answers.keymap }}", "line 7: an answer that nobody gave"),
        ("{% endif %}", "", "not Jinja2: Unexpected end of template"),
        ("</hostname>", "", "template rack.xml.j2 line 11 (line 11 of what it writes): not XML"),
        ("<timezone>{{ answers.timezone }}</timezone>", "", "template rack.xml.j2 line 2 (line 2 of what it writes): no <timezone>"),
        ('proto="dhcp"', 'proto="static"', "template rack.xml.j2 line 6"),
        ('type="{{ source.type }}"', 'type="ftp"', "No source media specified."),
        ("{{ password.text }}", "{% for i in range(10**9) %}{% endfor %}", "Range too big"),
        ("{{ password.text }}", "{{ 'x' * 10**9 }}", "MiB of memory"),
        ("{{ password.text }}", "{% include '/etc/shadow' %}", "there is no template /etc/shadow"),
    ],
)
def test_a_template_that_writes_what_nobody_would_take_cannot_be_armed(templated: Site, old: str, new: str, says: str) -> None:
    change(templated, old, new)
    for refused in (templated.refused("answerfile.render", name="xen01"), templated.refused("host.install", name="xen01")):
        assert re.match("xen01: (installers of 4.1 would refuse its answerfile|its answerfile cannot be written): template", refused)
        assert says in refused
    assert templated.live() is None


def test_a_template_never_turns_an_upgrade_into_a_fresh_installation(templated: Site) -> None:
    careless = TEMPLATE.replace('{% if mode != "fresh" %} mode="{{ mode }}"{% endif %}', "").replace("{{ password.text }}", "s3cretword")
    careless = careless.replace("{{ answers.primary_disk.device }}", "sda")
    (templated.data / "templates" / "rack.xml.j2").write_text(careless)
    templated.ask("profile.set", name="rack", set=["existing-installation=sda"])
    said = templated.refused("host.install", name="xen01", mode="upgrade")
    assert "template rack.xml.j2 writes mode fresh, and upgrade was asked for" in said


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('{{ hooks["filesystem-populated"] }}', "http://10.77.0.9/own.sh", "leaves out the hook at filesystem-populated"),
        ("{{ password.text }}", "s3cretword", "sets another root password"),
        ("{{ source.address }}", "http://10.77.0.9/mine", "installs from another source than medium sample"),
    ],
)
def test_a_template_is_told_what_it_loses(templated: Site, old: str, new: str, says: str) -> None:
    change(templated, old, new)
    assert any(says in warning for warning in templated.ask("host.install", name="xen01")["warnings"])


def test_a_password_in_a_template_is_not_shown(templated: Site) -> None:
    change(templated, "<root-password>{{ password.text }}</root-password>", "<root-password a='>'>topsecret</root-password>")
    answer = templated.ask("answerfile.render", name="xen01")
    assert "topsecret" not in str(answer)
    assert "<root-password a='>'>********</root-password>" in answer["answerfile"]


def test_a_template_is_looked_at_when_it_is_named(site: Site) -> None:
    (site.data / "templates" / "bad.j2").write_text("<a>\n{% if %}")
    said = site.refused("profile.set", name="rack", set=["template=bad.j2"])
    assert "profile rack: template bad.j2 line 2: not Jinja2" in said
    assert "is not the name of a file" in site.refused("profile.set", name="rack", set=["template=../keys/seal.key"])


# --- declared in a file ---


def test_what_the_site_says_goes_round(site: Site) -> None:
    text = site.ask("export")["site"]
    assert "site:" not in text
    shared = "site:\n  answerfile:\n    nameservers: [10.77.0.1]\n    root-password: {hash: $6$topsecret}\n"
    lines = ["~ site: answerfile.nameservers: nothing -> 10.77.0.1, answerfile.root-password.hash: nothing -> ********"]
    assert declare(site, shared + text, dry_run=True) == lines
    assert site.ask("site.show")["answerfile"] == {}
    assert declare(site, shared + text) == lines
    exported = site.ask("export")["site"]
    assert yaml.safe_load(exported)["site"] == {"answerfile": {"nameservers": ["10.77.0.1"], "root-password": {"hash": "********"}}}
    assert declare(site, exported) == []
    with site.context.store.site.read() as connection:
        assert inventory.site_answers(connection)["root-password"] == {"hash": "$6$topsecret"}
    assert declare(site, text) == []                                     # no word of the site: nothing is taken from it
    assert declare(site, text, prune=True)[0].startswith("~ site: ")
    assert site.ask("site.show")["answerfile"] == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("site: {answerfile: {timezone: a b}}\n", "line 1: site: timezone: 'a b' is not a time zone"),
        ("hosts: []\nsite:\n  answers: {}\n", "line 3: unknown key answers; did you mean answerfile?"),
        ("site: []\n", "line 1: site is not a table"),
        ("profiles:\n- {name: p, answerfile: {nameservers: [10.77.0.1], nameservers+: [10.77.0.2]}}\n", "line 2: profile p: nameservers+"),
        ("profiles:\n- {name: rack, medium: sample, answerfile: {sr-type: largeblock}}\n", "line 2: profile rack: sr-type: installers of"),
        (
            f"hosts:\n- {{name: a, mac: '{OTHER}', profile: rack, answerfile: {{admin-interface: {{vlan: 5}}}}}}\n",
            "line 2: host a: admin-interface.vlan: installers of 4.1 know no VLAN",
        ),
        ("profiles:\n- {name: p, parent: q}\n- {name: q, parent: p}\n", "lead back to"),
        ("profiles:\n- {name: p, medium: [sample]}\n", "line 2: medium is not a text"),
        ("profiles:\n- {name: p, medium: {a: b}}\n", "line 2: medium is not a text"),
        ("profiles:\n- {name: p, parent: [q]}\n", "line 2: parent is not a text"),
        ("site: &a\n  answerfile: *a\n", "too deep"),
        ("site:\n  answerfile:\n    nameservers: &n [*n]\n", "too deep"),
        pytest.param("[" * 5000, "too deep", id="lists in lists"),
        pytest.param("site: {answerfile: " + "{a: " * 3000, "too deep", id="tables in tables"),
    ],
)
def test_a_mistake_in_a_file_has_its_line(site: Site, text: str, says: str) -> None:
    before = site.ask("export")
    assert says in site.refused("apply", text=text)
    assert site.ask("export") == before


def test_two_thousand_profiles_may_inherit_from_one_another() -> None:
    chain = {f"p{number}": Profile(f"p{number}", None, f"p{number + 1}") for number in range(1999)}
    chain["p1999"] = Profile("p1999", "sample", None, {"timezone": "Asia/Tokyo"})
    assert resolve(chain)["p0"].medium == "sample"
    assert Layers({}, chain).of_profile("p0").values == {"timezone": "Asia/Tokyo"}


def test_a_file_may_change_what_belongs_together_in_one_go(site: Site) -> None:
    site.ask("profile.set", name="rack", set=STATIC)
    site.ask("host.set", name="xen01", set=["admin-interface.ipaddr=10.77.0.11"])
    found = yaml.safe_load(site.ask("export")["site"])
    found["profiles"][0]["answerfile"]["admin-interface"]["gateway"] = "10.99.0.1"
    assert "is not in 10.77.0.0/24" in site.refused("apply", text=yaml.safe_dump(found))
    found["hosts"][0]["answerfile"]["admin-interface"]["ipaddr"] = "10.99.0.11"
    assert len(declare(site, yaml.safe_dump(found))) == 2


# --- all hosts at once ---


def test_the_answerfiles_of_all_hosts_are_looked_at_at_once(site: Site) -> None:
    site.ask("host.add", name="xen02", mac=[OTHER], profile="rack", set=["timezone=null"])
    site.ask("profile.add", name="plain", set=["boot.kernel=vmlinuz"])
    site.ask("host.add", name="xen03", mac=["52:54:00:77:00:03"], profile="plain")
    found = {one["host"]: (one["verdict"], "\n".join(one["because"])) for one in site.ask("answerfile.check")}
    assert found["xen01"] == ("accepted", "")
    assert found["xen02"][0] == "refused"
    assert "timezone is missing" in found["xen02"][1]
    assert found["xen03"][0] == "none"
    assert [one["host"] for one in site.ask("answerfile.check", profile="plain")] == ["xen03"]


@pytest.mark.long
def test_ten_thousand_hosts_after_a_change_of_their_profile(site: Site, record_property: Any) -> None:
    with site.context.store.site.write() as connection:
        for number in range(10_000):
            mac = f"52:54:01:00:{number >> 8:02x}:{number & 255:02x}"
            address = {"proto": "static", "ipaddr": f"10.{number >> 8}.{number & 255}.5", "subnet": "255.0.0.0", "gateway": "10.0.0.1"}
            answers = {"hostname": f"h{number}", "admin-interface": address}
            inventory.put_host(connection, Host(0, f"h{number}", (mac,), "rack", answers=answers))
    begun = time.process_time()
    site.ask("profile.set", name="rack", set=["nameservers+=10.77.0.2"])
    set_in = time.process_time() - begun
    found = site.ask("answerfile.check", profile="rack")
    spent = time.process_time() - begun
    record_property("figure", f"10,000 hosts: {spent:.1f} s of one core, of which {set_in:.1f} s to set and check the profile")
    assert len(found) == 10_001
    assert {one["verdict"] for one in found} == {"accepted"}
