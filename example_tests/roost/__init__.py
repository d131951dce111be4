"""Roost: a small LiveView app in Python that speaks Phoenix LiveView on the wire.

It exists so that a LiveView load test can be tried on a fresh machine, and so that faults
can be injected on purpose. Start it with `python -m roost --port 4000`: it speaks
LiveView 1.2 then, and an earlier dialect with `--liveview 1.1` or `--liveview 1.0`.
"""
