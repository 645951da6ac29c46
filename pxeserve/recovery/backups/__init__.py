"""Backups of pools: databases (`xe pool-dump-database`) and archives of hosts (`xe host-backup`), encrypted as they come."""
