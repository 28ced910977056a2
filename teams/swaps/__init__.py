"""Swaps of duty: what is read of them, the mail about them, and their pages."""
