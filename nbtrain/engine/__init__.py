"""The engine: an unmodified `transformers.Trainer`, driven one event at a time."""
