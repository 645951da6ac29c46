"""pxeserve: network provisioning for XenServer and XCP-ng that says what a machine will do, does, and did."""

__version__ = "0.1.0"
