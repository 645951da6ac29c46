"""How the control domain of each generation starts a job of somebody else once, as data. The script that puts the job there looks for
itself, since releases between two generations differ; this is what it is expected to find, and where that is known from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FormName = Literal["firstboot.d", "systemd"]


@dataclass(frozen=True, slots=True)
class Form:
    """`name` is how jobs are started; `editions`: whether `xe host-apply-edition` is there, which takes a licence server."""

    dialect: str
    name: FormName
    editions: bool
    source: str


_OLD = "xenserver firstboot.d: executables in the order of their two digits, done ones in state/; a service calls them"
_NEW = "xapi's xapi-init-complete.target; the built-in jobs of first boots became units (XCP-ng 8.1, Citrix Hypervisor 8.0)"
FORMS = {
    row.dialect: row
    for row in (
        *(Form(dialect, "firstboot.d", False, _OLD) for dialect in ("4.1", "5.0", "5.5")),
        *(Form(dialect, "firstboot.d", True, f"{_OLD}; editions: XenServer 5.6 administrator's guide") for dialect in ("5.6", "6.0")),
        *(Form(dialect, "firstboot.d", True, _OLD) for dialect in ("6.2", "6.5", "7.0", "7.1")),
        *(Form(dialect, "systemd", True, _NEW) for dialect in ("8.2", "xcp-8.2", "xs8", "xcp-8.3", "xs9")),
    )
}
"""By dialect."""
