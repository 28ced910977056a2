"""The demo story, played through the public interfaces of a running installation."""
