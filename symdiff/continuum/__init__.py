"""The derivation engine: from a jump model to its continuum equations, by two routes that share no code."""
