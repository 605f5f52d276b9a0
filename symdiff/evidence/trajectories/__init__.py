"""Measured trajectories: read with care, and reduced to increments; nothing here knows a model or an equation."""
