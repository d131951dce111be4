"""What hosts lack, brought there: the tests, the plugin, and what it needs."""
