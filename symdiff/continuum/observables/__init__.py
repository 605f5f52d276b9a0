"""Observables of a model: on the lattice, exactly, and from the equation of each regime."""
