"""The console's pages of what is ahead in the rosters."""
