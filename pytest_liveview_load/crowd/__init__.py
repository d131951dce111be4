"""Many users: who they are, when they start, and what their run came to."""
