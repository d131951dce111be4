"""The clients under test: one process each, told on stdin what to do next."""
