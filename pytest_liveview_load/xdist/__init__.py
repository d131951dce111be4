"""One load test over all workers of pytest-xdist."""
