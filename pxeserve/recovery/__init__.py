"""Recovery: a dead host back from the network, and back into its pool. Scripts for a first boot, XAPI, backups of pool databases, plans."""
