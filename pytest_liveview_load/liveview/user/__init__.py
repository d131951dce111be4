"""`LiveUser`: the steps of one simulated person."""
