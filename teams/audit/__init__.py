"""What happened to access, rosters and settings: who, from where, through what, before and after."""
