"""The text of a configuration: TOML read with its lines and its mistakes, and changed key by key with all else kept."""
