"""Notebook front end: magics, completion, live panel. No package below imports IPython or widgets."""
