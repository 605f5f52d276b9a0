"""The microscopic statement: jump models as frozen values, and their TOML form."""
