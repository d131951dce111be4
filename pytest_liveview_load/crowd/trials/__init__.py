"""Several runs that answer one question: how many users, which pattern."""
