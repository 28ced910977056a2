"""Calendar files: what others subscribe to, and schedules that come from elsewhere."""
