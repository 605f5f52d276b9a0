"""One model and all that is known of it: the place where derivation, evidence and claims meet."""
