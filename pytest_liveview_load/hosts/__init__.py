"""Machines that execnet reaches and that carry users."""
