"""The text of a configuration: TOML, parsed with lines and errors, edited key by key with the rest unchanged."""
