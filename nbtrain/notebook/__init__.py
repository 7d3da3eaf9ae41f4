"""The notebook's side: magics, completion, the live panel. Nothing outside this package imports IPython or widgets."""
