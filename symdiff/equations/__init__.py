"""Equations as frozen values: the master equation, and the evolution equations that follow from it."""
