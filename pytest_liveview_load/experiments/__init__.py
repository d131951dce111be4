"""Several runs that answer one question: a limit, a comparison."""
