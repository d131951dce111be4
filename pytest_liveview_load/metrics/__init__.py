"""Numbers, and the verdicts over them."""
