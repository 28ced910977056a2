"""Whether the world can tell that our mail is ours: what the DNS says of its sender, and what the relays do."""
