"""Pools as people bring them back: backups of their databases, joins, and plans of recovery."""
