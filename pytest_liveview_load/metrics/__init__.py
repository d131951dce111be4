"""What is measured, and what budgets say of it."""
