"""A carrier's side of a run: its share of the users, and its end of the link."""
