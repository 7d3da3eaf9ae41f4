"""Runs side by side: their settings, a table, a chart."""
