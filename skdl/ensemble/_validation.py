"""Rows that members are scored on: the same ones for all."""

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils import check_random_state

from skdl._sklearn import validate_parameter_constraints
from skdl.estimators._validation import split_rows

__all__ = ["FractionSplit", "check_parameters", "hold_out", "known_scores"]


class FractionSplit:
    """The split that early stopping makes, with a seed of its own.

    Parameters
    ----------
    fraction : float
        Of the rows that validate.
    seed : int
    stratified : bool
        Whether y holds labels, whose shares both parts are to have.
    """

    def __init__(self, fraction, seed, stratified):
        self.fraction = fraction
        self.seed = seed
        self.stratified = stratified

    def __repr__(self):
        return f"<a share of {self.fraction} of the rows>"

    def split(self, X, y, groups=None):
        """Yield (training, validation), row numbers, once."""
        labels = y if self.stratified and y.ndim == 1 else None
        rng = np.random.default_rng(self.seed)
        yield split_rows(X.shape[0], self.fraction, labels, rng)

    def get_n_splits(self, X=None, y=None, groups=None):
        """Return 1."""
        return 1


def check_parameters(estimator):
    """Refuse wrong parameters of an estimator before they are computed with."""
    validate_parameter_constraints(
        estimator._parameter_constraints,
        estimator.get_params(deep=False),
        type(estimator).__name__,
    )


def hold_out(net, given, random_state):
    """Have a net hold rows out for validation, unless it has some.

    Its `early_stopping` stays as it is.

    Parameters
    ----------
    net : estimator
        Not fitted. Its `validation_split` may be set.
    given : dict
        What ``fit`` got as X_val and so on.
    random_state : int, RandomState instance or None
    """
    if given["X_val"] is not None or net.validation_split is not None:
        return
    seed = int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
    split = FractionSplit(net.validation_fraction, seed, is_classifier(net))
    net.set_params(validation_split=split)


def known_scores(scores, net, *, needed):
    """Return scores as an array, or None if there are none at all.

    Parameters
    ----------
    scores : sequence of float
        NaN for members without one.
    net : estimator
        Whose `scoring` they are of.
    needed : bool
        Whether members are chosen or weighed by them.

    Raises
    ------
    ValueError
        If they are needed, and all are NaN.
    """
    scores = np.array(scores, dtype=np.float64)
    if not np.isnan(scores).all():
        return scores
    if needed:
        raise ValueError(
            f"estimator has scoring={net.scoring!r}, which gave no member a validation "
            "score that is a number: take another scorer, or a vote that needs none "
            "(weights=None, and all members)."
        )
    return None
