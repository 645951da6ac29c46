"""Where media come from, a module a kind: a folder, an ISO image, several of them side by side, a tarball, an address."""
