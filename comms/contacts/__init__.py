"""The pages on which people say how they are reached."""
