"""The development mail sink: an SMTP server on loopback that keeps mail as files, and a page to read it."""
