"""The one record: what a machine does, and what we do for it, with a host, an install and a reason."""
