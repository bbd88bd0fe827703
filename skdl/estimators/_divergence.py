"""Why training may have diverged, or got nowhere, in words for the user."""

import numpy as np
from scipy.sparse import issparse

__all__ = ["likely_cause", "scale_advice"]

# A standardized column hardly ever has an element beyond this.
LARGE = 100.0
# As many rows as tell whether a column is scaled.
ROWS = 10_000
NAMED = 5


def likely_cause(net, X, targets, made_no_step=False):
    """Return sentences that name what is not scaled, or else the rate.

    Parameters
    ----------
    net : estimator
    X : ndarray of shape (n_samples, n_features), or CSR array
    targets : ndarray of shape (n_samples, n_targets)
        Looked at where they are numbers, in a regression.
    made_no_step : bool, default=False
        Whether the very first loss was not finite: the rate is then not to blame, and
        the net still has the weights that it started from.
    """
    rate = f"learning_rate_init={net.learning_rate_init:g}"
    lower = "" if net.solver == "lbfgs" or made_no_step else f", or lower {rate}"
    if made_no_step:
        weights = _large_weights(net)
        if weights:
            return weights
    for what, sizes, way_out in _unscaled(net, X, targets):
        if what == "y":
            return (
                f"A y that is not scaled ({sizes}) is the likely cause: {way_out}"
                f"{lower}."
            )
        way_out = way_out[0].upper() + way_out[1:]
        return (
            f"Columns of X that are not scaled are the likely cause: {sizes}. "
            f"{way_out}{lower}."
        )
    if net.solver == "lbfgs":
        return "X and y are of moderate size: are the starting weights, or alpha, not?"
    if made_no_step:
        return (
            "The loss was not finite before the first step, so that the rate is not "
            f"the cause: look at alpha={net.alpha:g}, loss={net.loss!r} and the "
            "weights of rows or classes."
        )
    further = [
        f"set {name}"
        for name, unset in (
            ("max_restarts=3", not net.max_restarts),
            ("max_grad_norm=1", net.max_grad_norm is None),
        )
        if unset
    ]
    size = "standardized" if net.standardize else "of moderate size"
    return (
        f"The columns of X are {size}, so the likely cause is the rate: "
        + " or ".join([f"lower {rate}", *further])
        + "."
    )


def scale_advice(net, X, targets):
    """Return sentences about what is not scaled and takes many steps, or nothing.

    Parameters
    ----------
    net, X, targets
        As for `likely_cause`.
    """
    sentences = []
    for what, sizes, way_out in _unscaled(net, X, targets):
        sentences.append(
            f"y is not scaled ({sizes}), which takes many steps: {way_out}."
            if what == "y"
            else f"Columns of X are not scaled, which takes many steps: {sizes}. "
            f"{way_out[0].upper()}{way_out[1:]}."
        )
    return " ".join(sentences)


def _unscaled(net, X, targets):
    """Yield ("X" or "y", the sizes, what to do) for what is not scaled."""
    names = getattr(net, "feature_names_in_", None)
    columns = "" if net.standardize else _large_columns(X, names)
    if columns:
        way_out = "set standardize=True, or put a Standardizer before the net"
        if issparse(X):
            way_out = "put a MaxAbsScaler before the net"
        yield "X", columns, way_out
    columns = _large_columns(targets, None) if net._y_numeric else ""
    if columns:
        sizes = columns.partition("(")[2].partition(")")[0]
        # Counts must not become negative.
        way_out = "divide y by its mean"
        if not net.__sklearn_tags__().target_tags.positive_only:
            way_out = (
                "put the net into a TransformedTargetRegressor with a StandardScaler"
            )
        yield "y", sizes, way_out


def _large_columns(X, names):
    """Return the largest columns and their sizes as a text, or an empty one."""
    rows = X[:: max(1, X.shape[0] // ROWS)]
    largest = abs(rows).max(axis=0)
    largest = np.ravel(largest.toarray() if issparse(X) else largest).astype(float)
    columns = np.flatnonzero(largest > LARGE)
    columns = columns[np.argsort(-largest[columns], kind="stable")]
    said = [
        f"{column if names is None else repr(str(names[column]))} "
        f"(up to {largest[column]:.3g})"
        for column in columns[:NAMED]
    ]
    more = f" and {len(columns) - NAMED} more" if len(columns) > NAMED else ""
    return ", ".join(said) + more


def _large_weights(net):
    """Return a sentence about starting weights that overflow, or an empty text."""
    network = net._network
    largest = float(np.max(np.abs(network.parameters), initial=0.0))
    # Products of such weights, or their squares, are beyond the network's dtype.
    if largest < np.finfo(network.dtype).max ** 0.25:
        return ""
    return (
        "The loss was not finite before the first step: the likely cause are the "
        f"weights that training started from, the largest of which is {largest:.3g} "
        f"in {network.dtype}. Take weight_init='auto', or smaller coefs_ and "
        "intercepts_ where training goes on from a fitted net."
    )
