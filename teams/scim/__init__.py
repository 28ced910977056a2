"""SCIM 2.0 (RFC 7643, 7644) at /scim/v2/: people are Users, teams are Groups. django-scim2 with adapters of ours."""
