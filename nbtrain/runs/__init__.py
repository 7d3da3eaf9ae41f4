"""The public side of runs: start, find, control and compare them."""
