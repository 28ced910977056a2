"""Issue trackers, as their APIs are: what is asked of each, what its answers mean, and which side's words count."""
