"""The likely cause of a divergence, as text for the user."""

import numpy as np
from scipy.sparse import issparse

from skdl._text import join_names
from skdl.estimators._resolve import uses_lbfgs
from skdl.estimators._standardize import cure_of_columns, is_standardized

# Standardized columns hardly ever have larger elements.
LARGE = 100.0
# Number of rows that are checked for large elements.
ROWS = 10_000


def likely_cause(net, X, targets, made_no_step=False):
    """Return the likely cause of a divergence: unscaled data, or the learning rate.

    Parameters
    ----------
    net : estimator
        The net that diverged.
    X : ndarray of shape (n_samples, n_features), or CSR array
        Training rows.
    targets : ndarray of shape (n_samples, n_targets)
        Coded targets, checked in regressions only.
    made_no_step : bool, default=False
        Whether the first loss was not finite. Then the learning rate is not the cause,
        and the net still has its starting weights.
    """
    rate = f"learning_rate_init={net.learning_rate_init:g}"
    lower = "" if uses_lbfgs(net) or made_no_step else f", or lower {rate}"
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
    if uses_lbfgs(net):
        return "X and y are well scaled: check weight_init and alpha."
    if made_no_step:
        return (
            "The loss was not finite before the first step, so the learning rate is "
            f"not the cause: check alpha={net.alpha:g}, loss={net.loss!r} and the "
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
    size = "standardized" if is_standardized(net, X) else "well scaled"
    return (
        f"The columns of X are {size}, so the likely cause is the learning rate: "
        + " or ".join([f"lower {rate}", *further])
        + "."
    )


def _unscaled(net, X, targets):
    """Yield ("X" or "y", sizes, advice) for data that are not scaled."""
    names = getattr(net, "feature_names_in_", None)
    columns = "" if is_standardized(net, X) else _large_columns(X, names)
    if columns:
        cure = cure_of_columns(net, X)
        way_out = "put a MaxAbsScaler before the net"
        if cure is not None:
            way_out = f"set standardize={cure!r}, or put a Standardizer before the net"
        yield "X", columns, way_out
    is_scaled = not net._y_numeric or net.standardize_target
    columns = "" if is_scaled else _large_columns(targets, None)
    if columns:
        sizes = columns.partition("(")[2].partition(")")[0]
        # Counts must not become negative.
        way_out = "divide y by its mean"
        if not net.__sklearn_tags__().target_tags.positive_only:
            way_out = "set standardize_target=True"
        yield "y", sizes, way_out


def _large_columns(X, names):
    """Return the largest columns and their sizes as a text, or an empty one."""
    rows = X[:: max(1, X.shape[0] // ROWS)]
    largest = abs(rows).max(axis=0)
    largest = np.ravel(largest.toarray() if issparse(X) else largest).astype(float)
    columns = np.flatnonzero(largest > LARGE)
    columns = columns[np.argsort(-largest[columns], kind="stable")]
    return join_names([
        f"{column if names is None else repr(str(names[column]))} "
        f"(up to {largest[column]:.3g})"
        for column in columns
    ])  # fmt: skip


def _large_weights(net):
    """Return a sentence about starting weights that overflow, or an empty text."""
    network = net._network
    largest = float(np.max(np.abs(network.parameters), initial=0.0))
    # Products or squares of larger weights overflow the dtype of the network.
    if largest < np.finfo(network.dtype).max ** 0.25:
        return ""
    return (
        "The loss was not finite before the first step: the likely cause is the size "
        f"of the starting weights, up to {largest:.3g} in {network.dtype}. Set "
        "weight_init='auto', or smaller coefs_ and intercepts_ if training continues "
        "from a fitted net."
    )
