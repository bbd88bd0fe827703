"""Displays by scikit-learn's convention: `from_estimator` draws, `plot` draws again."""
