"""What crosses the network: websocket, long poll, HTTP, and what a process shares of them."""
