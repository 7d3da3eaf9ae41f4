"""The trainer tests of other libraries, run through nbtrain: see `__main__.py`."""
