"""The only folder that knows pytest and xdist."""
