"""The steps that read what the installed host is like: password, time, keymap, services, boot loader, and what the OEM edition read."""

from __future__ import annotations

from dataclasses import replace

from pxeserve.answerfile.answers import Bootloader, Oem, RootPassword, Service, Source
from pxeserve.answerfile.dialects.shape import Said
from pxeserve.answerfile.reading.draft import Draft
from pxeserve.answerfile.reading.looking import Looking
from pxeserve.answerfile.reading.python import lower, not_ascii
from pxeserve.answerfile.reading.refusal import Cause


def password_plain(look: Looking, draft: Draft) -> None:
    """4.1 to 5.5: whatever stands there is the password."""
    draft["root_password"] = RootPassword(look.text(look.needed("root-password")[0]))


def password(look: Looking, draft: Draft) -> None:
    """5.6 on: plain text or a hash; none is asked for at the first boot."""
    node = look.first("root-password")
    if node is not None:
        kind = look.word(node, "type", "root-password")
        draft["root_password"] = RootPassword(look.text(node), kind == "hash")


def zone_required(look: Looking, draft: Draft) -> None:
    """4.1 to 5.6."""
    draft["timezone"] = look.text(look.needed("timezone")[0])


def zone(look: Looking, draft: Draft) -> None:
    """6.0 on."""
    node = look.first("timezone")
    if node is not None:
        draft["timezone"] = look.text(node)


def ntp_servers(look: Looking, draft: Draft) -> None:
    """4.1 to 8.2: one in each element."""
    draft["ntp_servers"] = tuple(look.text(node) for node in look.all("ntp-server"))


def ntp(look: Looking, draft: Draft) -> None:
    """xs8, xcp-8.3 and xs9: servers only with the source that takes them."""
    found, servers = look.all("ntp"), look.all("ntp-server")
    if len(found) > 1:
        said = Said("AnswerfileException", f"Expected zero or one <ntp> elements but found {len(found)}")
        look.stop(said, Cause.TOO_MANY, found[1], "leave one <ntp>")
    source = look.word(found[0], "source", "ntp") if found else None
    if source is not None and source != "manual" and servers:
        said = Said("AnswerfileException", '<ntp-server> and <ntp-servers> elements are only valid when using <ntp source="manual" />')
        look.stop(said, Cause.TOGETHER, servers[0], '<ntp source="manual"/>, or no <ntp>')
    draft["ntp_source"] = source
    draft["ntp_servers"] = tuple(look.text(node) for node in servers)


def keymap_lone(look: Looking, draft: Draft) -> None:
    """4.1 to 5.6: only when there is exactly one."""
    node = look.lone("keymap")
    if node is not None:
        draft["keymap"] = look.text(node)


def keymap(look: Looking, draft: Draft) -> None:
    """6.0 on."""
    node = look.first("keymap")
    if node is not None:
        draft["keymap"] = look.text(node)


def services(look: Looking, draft: Draft) -> None:
    """7.6 on: each name once, and one of two states."""
    found: dict[str, Service] = {}
    for node in look.all("service"):
        name = look.attribute(node, "name", "service")
        if name in found:
            look.stop(
                Said("AnswerfileException", f"Multiple entries for service {name}"), Cause.TOO_MANY, node, "leave one of them", "name"
            )
        state = look.attribute(node, "state", "service")
        if state not in look.known_attribute("state", "service").value.words:
            said = Said("AnswerfileException", f"Invalid state for service {name}: {state}")
            look.stop(said, Cause.VALUE, node, "enabled or disabled", "state")
        found[name] = Service(name, state == "enabled")
    draft["services"] = tuple(found.values())


def ssh_mode(look: Looking, draft: Draft) -> None:
    """xs9: another word is logged and dropped."""
    node = look.first("ssh-mode")
    if node is not None:
        said = look.text(node).lower()
        draft["ssh_mode"] = said if said in ("on", "off", "auto") else None


def bootloader_plain(look: Looking, draft: Draft) -> None:
    """4.1 to 5.5: another word is logged and dropped."""
    node = look.lone("bootloader")
    if node is not None:
        text = look.text(node)
        draft["bootloader"] = Bootloader(text) if text in ("grub", "extlinux") else None


def bootloader_5_6(look: Looking, draft: Draft) -> None:
    """5.6: and its place, of which another is logged and dropped."""
    node = look.lone("bootloader")
    if node is not None:
        text = look.text(node)
        location = lower(look.attribute(node, "location", "bootloader"))
        kind = text if text in ("grub", "extlinux") else ""
        place = location if location in ("mbr", "partition") else None
        draft["bootloader"] = Bootloader(kind, place) if kind or place else None


def bootloader(look: Looking, draft: Draft) -> None:
    """6.0 on: place and word are checked."""
    node = look.first("bootloader")
    if node is None:
        return
    location = look.word(node, "location", "bootloader") or None
    entry = look.yes(node, "write-boot-entry", "bootloader") if look.element("bootloader").attribute("write-boot-entry") else None
    text, value = look.text(node), look.element("bootloader").text
    assert value is not None
    if text not in value.words:
        assert value.says is not None
        look.stop(value.says.of(value=text), Cause.VALUE, node, f"<bootloader>{value.words[-1]}</bootloader>, or leave it out")
    draft["bootloader"] = Bootloader(text, location, entry)


def target_platform(look: Looking, draft: Draft) -> None:
    """xs8."""
    node = look.first("target-platform")
    if node is not None:
        draft["target_platform"] = look.text(node)


def confirmation(look: Looking, draft: Draft) -> None:
    """7.1 on: any text at all means yes."""
    node = look.first("ui-confirmation-prompt")
    if node is not None:
        draft["ui_confirmation_prompt"] = bool(look.text(node))


def oem_source(look: Looking, draft: Draft) -> None:
    """The OEM edition of 5.0 and 5.5: where its image lies, also on a local disk, and a test laboratory's marks."""
    found = look.all("source")
    if not found:
        said = Said("AnswerfileError", "No OEM image specified.")
        look.stop(said, Cause.MISSING, look.root, "add <source>")
    kind = look.raw_attribute(found[0], "type")
    if kind not in ("local", "url", "nfs"):
        said = Said("AnswerfileError", "No media for OEM image specified.")
        look.stop(said, Cause.VALUE, found[0], "url, nfs or local", "type")
    draft["sources"] = (Source(kind, look.text(found[0])),)
    node = look.first("xenrt")
    if node is None:
        return
    scorch = look.attribute(node, "scorch", "xenrt").lower() != "false"
    serial = look.attribute(node, "serial", "xenrt")
    refused = not_ascii(serial)
    if refused is not None:
        look.stop(refused, Cause.ENCODING, node, "write it in ASCII", "serial")
    draft["oem"] = replace(draft.get("oem") or Oem(), xenrt=look.text(node), serial=serial or None, scorch=scorch)


def rootfs_writable(look: Looking, draft: Draft) -> None:
    """The OEM edition of 5.0 and 5.5: when there is exactly one."""
    node = look.lone("rootfs-writable")
    if node is not None:
        look.counts(node)
        draft["oem"] = replace(draft.get("oem") or Oem(), rootfs_writable=True)
