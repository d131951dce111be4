"""Many virtual users in one process."""
