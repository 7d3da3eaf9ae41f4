"""Reading, checking and encoding data."""
