"""Backups of pools: databases (`xe pool-dump-database`) and archives of hosts (`xe host-backup`), encrypted as they come."""

from pxeserve.store.backups import BackupRow, newest_good

__all__ = ["BackupRow", "newest_good"]
