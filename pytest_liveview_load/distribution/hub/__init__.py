"""The controller's side of a run: who carries it, and what they say."""
