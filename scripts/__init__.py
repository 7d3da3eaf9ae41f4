"""Scripts that development needs."""
