"""Tasks: labels and the columns of predictions."""
