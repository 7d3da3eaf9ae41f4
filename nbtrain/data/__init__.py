"""Rows from anywhere: files, the hub, DataFrames; it knows no task."""
