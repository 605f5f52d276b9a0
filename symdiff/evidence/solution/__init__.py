"""Solutions of an evolution equation, from the equation alone: nothing here knows a model or a derivation."""
