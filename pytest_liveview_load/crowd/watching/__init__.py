"""Whether the numbers can be believed: what is watched, and what it means."""
