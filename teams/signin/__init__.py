"""How people get in: sign-in, second factors, sessions, invitations, single sign-on and provisioning."""
