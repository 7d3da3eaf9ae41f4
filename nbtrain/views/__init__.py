"""Static views of a run: pure functions of its `RunState`, to which a live run and one of last year are the same."""
