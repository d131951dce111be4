"""How xdist's workers come together for a load test, and part again."""
