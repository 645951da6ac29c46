"""The ways on which people and programs outside hear of what happens: metrics for Prometheus, and webhooks. All read the one record."""
