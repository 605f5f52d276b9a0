"""The display layer: SymPy expressions as ordered trees, and the printers that write them."""
