"""Random walkers that follow the rules of a model, one jump at a time; nothing here knows a law or an equation."""
