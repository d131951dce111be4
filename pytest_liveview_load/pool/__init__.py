"""Hosts that are booted while a load test needs them."""
