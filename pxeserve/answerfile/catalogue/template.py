"""A Jinja2 template for a site to start from, drawn from one generation's data: what an ordinary installation says, in each of its modes,
in the words that this generation reads. Refuses to know who renders it; docs/answerfile.md lists the variables.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pxeserve.answerfile.answers import Mode, Stage
from pxeserve.answerfile.dialects.shape import Counts, Dialect
from pxeserve.answerfile.writing.facts import facts

_MODES = (Mode.FRESH, Mode.REINSTALL, Mode.UPGRADE)
_ONE_STAGE = {"post-install-script": Stage.FILESYSTEM_POPULATED, "install-failed-script": Stage.INSTALL_FAILED}
"""What generations without stages call the scripts of two."""

_INTERFACE = (
    "  {% set nic = answers.admin_interface %}",
    '  <admin-interface {% if nic.name %}name="{{ nic.name }}"{% else %}hwaddr="{{ nic.hwaddr }}"{% endif %} proto="{{ nic.proto }}">',
    '    {% if nic.proto == "static" %}',
    "    <ip>{{ nic.ip }}</ip>",
    "    <subnet-mask>{{ nic.mask }}</subnet-mask>",
    "    {% if nic.gateway %}",
    "    <gateway>{{ nic.gateway }}</gateway>",
    "    {% endif %}",
    "    {% endif %}",
    "  </admin-interface>",
)


def template(dialect: Dialect) -> bytes:
    """The template for `dialect`: ASCII; what it writes is accepted by its installers in the modes fresh, reinstall, upgrade, and restore
    where there is one."""
    lines = [
        f"{{# For {dialect.product}. Copy it beneath templates/ in the data folder, change it, and name it: --set template=FILE.",
        "   An answer that is not written here is not told to the installer, whatever profiles and hosts say. #}",
        '<?xml version="1.0"?>',
        *_body(dialect),
        "</installation>",
    ]
    if Mode.RESTORE in dialect.modes:
        lines.append("{% endif %}")
    return ("\n".join(lines) + "\n").encode("ascii")


def _body(dialect: Dialect) -> Iterator[str]:
    if Mode.RESTORE in dialect.modes:
        yield '{% if mode == "restore" %}'
        yield "<restore>"
        yield from _asked("backup_disk", "backup-disk")
        yield from _scripts(dialect)
        yield "</restore>"
        yield "{% else %}"
    yield '<installation mode="{{ mode }}"'
    yield f"  {{% if answers.sr_type and mode in {_named(facts(dialect).modes['sr-type'])} %}}"
    yield '  srtype="{{ answers.sr_type }}"'
    yield "  {% endif %}"
    yield ">"
    yield from _disks(dialect)
    yield from _source(dialect)
    yield '  {% if mode != "upgrade" %}'
    yield from _settings(dialect)
    yield "  {% endif %}"
    yield from _scripts(dialect)


def _disks(dialect: Dialect) -> Iterator[str]:
    """The disks, by the elements that each mode reads. An upgrade may go to another disk than it came from."""
    yield f"  {{% if mode in {_named(dialect.reading('existing-installation'))} %}}"
    yield "  <existing-installation>{{ answers.existing_installation.device }}</existing-installation>"
    yield "  {% endif %}"
    yield "  {% set disk = answers.primary_disk %}"
    yield f"  {{% if disk and mode in {_named(dialect.reading('primary-disk'))} %}}"
    yield "  <primary-disk"
    yield '    {% if disk.guest_storage is not none and mode != "upgrade" %}'
    yield "    gueststorage=\"{{ 'yes' if disk.guest_storage else 'no' }}\""
    yield "    {% endif %}"
    yield "  >{{ disk.device }}</primary-disk>"
    yield "  {% endif %}"
    yield f"  {{% if mode in {_named(dialect.reading('guest-disk'))} %}}"
    yield from _each("answers.guest_disks", "guest-disk")
    yield "  {% endif %}"


def _named(modes: Collection[Mode]) -> str:
    """Those of `modes` that a site asks for, as Jinja2 writes a list."""
    return "[" + ", ".join(f'"{mode}"' for mode in _MODES if mode in modes) + "]"


def _source(dialect: Dialect) -> Iterator[str]:
    if dialect.elements["source"].counts is Counts.FIRST:
        yield '  <source type="{{ source.type }}">{{ source.address }}</source>'
        return
    yield "  {% for one in answers.sources %}"
    yield '  <source type="{{ one.kind }}">{{ one.address }}</source>'
    yield "  {% endfor %}"


def _settings(dialect: Dialect) -> Iterator[str]:
    yield from _asked("keymap", "keymap")
    typed = ' type="{{ password.type }}"' if dialect.elements["root-password"].attribute("type") else ""
    yield f"  <root-password{typed}>{{{{ password.text }}}}</root-password>"
    yield from _each("answers.nameservers", "nameserver")
    yield from _asked("hostname", "hostname")
    if Mode.FRESH in dialect.requiring("timezone"):
        yield "  <timezone>{{ answers.timezone }}</timezone>"
    else:
        yield from _asked("timezone", "timezone")
    yield from _each("answers.ntp_servers", "ntp-servers")
    yield from _INTERFACE


def _scripts(dialect: Dialect) -> Iterator[str]:
    """pxeserve's hooks, without which the machine does not report."""
    if "script" in dialect.elements:
        yield "  {% for stage, address in hooks.items() %}"
        yield '  <script stage="{{ stage }}" type="url">{{ address }}</script>'
        yield "  {% endfor %}"
        return
    for name, stage in _ONE_STAGE.items():
        if name in dialect.elements:
            yield f'  {{% if hooks["{stage}"] is defined %}}'
            yield f'  <{name}>{{{{ hooks["{stage}"] }}}}</{name}>'
            yield "  {% endif %}"


def _asked(answer: str, element: str) -> Iterator[str]:
    yield f"  {{% if answers.{answer} %}}"
    yield f"  <{element}>{{{{ answers.{answer} }}}}</{element}>"
    yield "  {% endif %}"


def _each(answers: str, element: str) -> Iterator[str]:
    yield f"  {{% for one in {answers} %}}"
    yield f"  <{element}>{{{{ one }}}}</{element}>"
    yield "  {% endfor %}"
