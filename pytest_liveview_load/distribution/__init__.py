"""One run carried by many processes: messages, who tells whom what, and the links."""
