"""Generates the demo data set: `python -m scripts.demo_data.generate`."""
