"""What people and programs talk to: for now the admin socket, where root and the service's own user are administrators."""
