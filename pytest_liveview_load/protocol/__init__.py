"""Phoenix and LiveView on the wire: values in, values out; no I/O, no clock."""
