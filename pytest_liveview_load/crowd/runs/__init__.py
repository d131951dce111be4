"""A run in this process: its users, from the first start to the last end."""
