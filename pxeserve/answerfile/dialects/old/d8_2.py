"""Citrix Hypervisor 8.0 to 8.2 and XenServer 7.2 to 7.6 (host-installer 10.7.5, 2b6b70d61840)."""

from __future__ import annotations

from pxeserve.answerfile.dialects.old.modern import dialect

DIALECT = dialect("8.2", "Citrix Hypervisor 8.2 installer 10.7.5, answerfile parser")
