"""What a load looks like in time: rates, stages, arrivals, users."""
