"""What people attach: what a file may be called, and what it really is. PURE: bytes in, bytes out, no framework."""
