"""The data that users are given, each its own row."""
