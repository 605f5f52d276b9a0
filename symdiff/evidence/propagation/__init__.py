"""The exact law of the microscopic process, from the model alone: nothing here knows an equation or a derivation."""
