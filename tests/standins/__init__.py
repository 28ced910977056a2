"""What stands in for the outside, on loopback and for real: each speaks its protocol and does what a test tells it."""
