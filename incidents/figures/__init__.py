"""Figures of how incidents went: from which moment to which, what each value is worth, and how they are drawn."""
