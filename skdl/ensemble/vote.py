"""How the members of an ensemble vote, for other packages."""

from typing import Any

__all__ = ["vote_of"]


def vote_of(ensemble: Any) -> tuple:
    """Return how the members of a fitted ensemble vote.

    Parameters
    ----------
    ensemble : estimator
        An ensemble of `skdl.ensemble`.

    Returns
    -------
    voting : str
        As the parameter of the ensemble.
    weights : None, "confidence", or ndarray of shape (n_members,)
        Weights of the members.

    Raises
    ------
    ValueError
        If the ensemble cannot predict with the parameters that it has now.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdl import MLPClassifier
    >>> from skdl.ensemble import SeedEnsembleClassifier
    >>> from skdl.ensemble.vote import vote_of
    >>> X, y = load_iris(return_X_y=True)
    >>> net = MLPClassifier((5,), tol=0.1)
    >>> vote_of(SeedEnsembleClassifier(estimator=net, n_members=2).fit(X, y))
    ('soft', None)
    """
    ensemble._check_vote()
    return ensemble.voting, ensemble._vote_weights()
