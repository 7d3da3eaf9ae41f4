"""What a run has learned: tables made of the predictions that its evaluations have stored.

Nothing here needs the model or passes over the data again. Metrics and quantiles are those of scikit-learn and SciPy.
"""
