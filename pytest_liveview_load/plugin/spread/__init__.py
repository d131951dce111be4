"""A test's load, carried by other processes than its own."""
