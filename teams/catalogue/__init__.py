"""The catalogue of services: what depends on what, how that is drawn, and its files."""
