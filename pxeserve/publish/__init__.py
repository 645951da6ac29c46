"""Media over the protocols of older installers, each in a process of its own. HTTP, which all of them speak, is `provision`'s."""
