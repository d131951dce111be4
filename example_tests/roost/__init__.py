"""Roost: a small LiveView app in Python that speaks Phoenix LiveView 1.2 on the wire.

It exists so that a LiveView load test can be tried on a fresh machine, and so that faults
can be injected on purpose. Start it with `python -m roost --port 4000`.
"""
