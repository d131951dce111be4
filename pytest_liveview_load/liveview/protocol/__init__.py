"""Phoenix channels and LiveView messages: values in, values out."""
