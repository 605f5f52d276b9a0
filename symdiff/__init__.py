"""symdiff derives continuum equations from microscopic jump models and checks them against the models."""

__version__ = "0.1.0"
