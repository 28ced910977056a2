"""Action items that are issues elsewhere as well."""
