"""Public pages as files: what the world reads stays there when everything else is gone."""
