"""What a run came to, as a test reads it."""
