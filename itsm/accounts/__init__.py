"""People, groups, roles and sign-in."""
