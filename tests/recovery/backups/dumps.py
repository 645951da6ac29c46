"""Dumps of pools' databases as xapi of several generations writes them, made here: small ones, and ones of any size piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

MASTER, MEMBER, POOL = (
    "11111111-1111-4111-8111-111111111111",
    "22222222-2222-4222-8222-222222222222",
    "44444444-4444-4444-8444-444444444444",
)
SECRET = "chap-Geheimnis-4711"

GENERATIONS = {
    "4.1": ("3.4", "(('product_version'%.'4.1.0')%.('product_brand'%.'XenServer')%.('build_number'%.'7843p'))", ("XenServer", "4.1.0", "7843p")),  # noqa: E501
    "6.5": ("5.71", "(('product_version'%.'6.5.0')%.('product_brand'%.'XenServer')%.('build_number'%.'90233c'))", ("XenServer", "6.5.0", "90233c")),  # noqa: E501
    "8.3": (
        "5.780",
        "(('product_version'%.'8.3.0')%.('product_brand'%.'XCP-ng')%.('product_name'%.'xenenterprise')%.('build_number'%.'cloud'))",
        ("XCP-ng", "8.3.0", "cloud"),
    ),
}  # fmt: skip
"""By generation: its schema, a host's software_version as it is written, and what that means."""


def row(**fields: str) -> str:
    return "<row " + " ".join(f"{name}={quoteattr(value)}" for name, value in fields.items()) + "/>"


def table(name: str, *rows: str) -> str:
    return f'<table name="{name}">{"".join(rows)}</table>' if rows else f'<table name="{name}"/>'


def dump(generation: str = "8.3", *, pool: str = POOL, hosts: tuple[str, ...] = ("xen01", "xen02"), more: str = "") -> bytes:
    """The database of a pool of two: a local and a shared SR, two VMs, one of them suspended on the local SR."""
    return "".join([*_head(generation, pool, hosts), more, "</database>"]).encode()


def pieces(size: int, generation: str = "8.3") -> Iterator[bytes]:
    """The same with so many rows of another table that it has about `size` bytes."""
    yield "".join(_head(generation, POOL, ("xen01", "xen02"))).encode() + b'<table name="message">'
    one = row(ref="OpaqueRef:m", __mtime="1", __ctime="1", uuid=POOL, body="It%.happened." * 200, cls="VM").encode()
    block = one * max((1 << 20) // len(one), 1)
    for _ in range(size // len(block)):
        yield block
    yield b"</table></database>"


def _head(generation: str, pool: str, hosts: tuple[str, ...]) -> list[str]:
    schema, software, _ = GENERATIONS[generation]
    major, minor = schema.split(".")
    uuids = (MASTER, MEMBER)
    return [
        '<?xml version="1.0" encoding="UTF-8"?>\n<database><manifest>',
        f'<pair key="schema_major_vsn" value="{major}"/><pair key="schema_minor_vsn" value="{minor}"/>',
        '<pair key="generation_count" value="1234"/></manifest>', table("Bond"),
        table(
            "SR", row(ref="OpaqueRef:sr1", uuid="s-1", name__label="Local%.storage", type="lvm", shared="false"),
            row(ref="OpaqueRef:sr2", uuid="s-2", name__label="NFS", type="nfs", shared="true"),
        ),
        table(
            "VDI", row(ref="OpaqueRef:d1", uuid="d-1", type="suspend", SR="OpaqueRef:sr1"),
            row(ref="OpaqueRef:d2", type="user", SR="OpaqueRef:sr2")
        ),
        table(
            "VM", row(ref="OpaqueRef:v0", uuid="v-0", name__label="Control%.domain", is_control_domain="true", power_state="Running"),
            row(ref="OpaqueRef:v1", uuid="v-1", name__label="web", power_state="Running"),
            row(ref="OpaqueRef:v2", uuid="v-2", name__label="<db>%%", power_state="Suspended", suspend_VDI="OpaqueRef:d1"),
            row(ref="OpaqueRef:v3", uuid="v-3", name__label="Debian", is_a_template="true", power_state="Halted"),
        ),
        table(
            "host",
            *(row(ref=f"OpaqueRef:h{i}", __mtime="7", __ctime="1", uuid=uuids[i], name__label=name, hostname=name,
                  address=f"10.77.0.{11 + i}",
                  software_version=software) for i, name in enumerate(hosts)),
        ),
        table("pool", row(ref="OpaqueRef:p", uuid=pool, name_label="rack%.A", master="OpaqueRef:h0")),
        table("secret", row(ref="OpaqueRef:x", uuid="x-1", value=SECRET)),
    ]  # fmt: skip
