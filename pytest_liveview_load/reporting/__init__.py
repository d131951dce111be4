"""Snapshots and verdicts in, text out."""
