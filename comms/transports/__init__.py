"""Ways out of the house. Each knows one protocol and nothing of incidents."""
