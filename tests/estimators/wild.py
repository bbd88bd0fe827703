"""Nets whose validation score goes up and down."""

from skdl import MLPRegressor


def wild(make, Net, **params):
    """Return a net whose score goes up and down under early stopping."""
    rate = 0.05 if Net is MLPRegressor else 0.3
    usual = {"early_stopping": True, "max_iter": 25, "solver": "sgd", "batch_size": 10}
    return make(Net, **{**usual, "learning_rate_init": rate, **params})
