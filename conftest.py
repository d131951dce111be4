"""What the whole repository's tests need of pytest: its tool for testing plugins."""

pytest_plugins = ["pytester"]
