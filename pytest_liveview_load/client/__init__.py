"""One browser tab: HTTP, the socket, the views on it, and the user who drives it."""
