"""Media over NFS, by a server that is not ours."""
