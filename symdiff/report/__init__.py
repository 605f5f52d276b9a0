"""Reports: one document made from a dossier, and the writers that render it."""
