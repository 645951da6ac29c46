"""What is wrong with this network and this server, and the sentence that fixes it. A module a check; nothing here changes anything."""
