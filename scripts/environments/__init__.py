"""Environments with the versions that nbtrain meets elsewhere, and the lowest that it takes, to run tests in."""
