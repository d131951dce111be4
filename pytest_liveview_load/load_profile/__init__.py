"""The shape of a load in time: users, rates, stages."""
