"""One browser tab: HTTP, sockets, views, navigation, uploads."""
