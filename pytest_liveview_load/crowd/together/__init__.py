"""What users do together: shared rates, meetings, broadcasts."""
