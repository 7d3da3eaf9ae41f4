"""Static views of a run: pure functions of its `RunState`, the same for a live run and an old one."""
