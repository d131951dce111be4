"""What is asked for: scenarios, who plays which, and the order of a run."""
