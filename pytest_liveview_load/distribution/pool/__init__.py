"""Hosts that are booted while load tests need them, and never left behind."""
