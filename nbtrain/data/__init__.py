"""Load rows from files, the Hub or DataFrames. Independent of tasks."""
