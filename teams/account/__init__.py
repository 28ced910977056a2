"""The console's pages about access: one's tokens, service accounts, invitations. They parse, call a verb, and show."""
