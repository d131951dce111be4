"""One browser tab: its socket, its page and the views on it, and where it goes."""
