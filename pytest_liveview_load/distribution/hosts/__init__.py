"""Hosts: other machines' Pythons that carry users, reached through execnet."""
