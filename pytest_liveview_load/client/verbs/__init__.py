"""What a test may say to a live user, one group of verbs a file."""
