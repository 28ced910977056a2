"""The pages of time off, and the cover that they propose."""
