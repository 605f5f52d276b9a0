"""The local workbench: a page, a JSON API and worker processes; it only renders what the dossier knows."""
