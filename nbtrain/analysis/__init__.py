"""What a run has to show: its predictions, and what can be seen in them."""
