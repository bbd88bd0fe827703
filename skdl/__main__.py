"""``python -m skdl``: versions, BLAS, threads, and a self-check of a few seconds.

The exit code is 0 if all checks pass, and 1 if one fails.
"""

import pickle
import platform
import sys
import tempfile
import warnings
from copy import deepcopy
from functools import cache
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_info

from skdl._version import __version__
from skdl.callbacks import Checkpoint
from skdl.engine import check_gradient
from skdl.engine.workspace import Workspace
from skdl.estimators import SoftmaxClassifier
from skdl.estimators._internal_api import encode, loss_of, network_of

__all__ = ["main"]

LIBRARIES = ("numpy", "scipy", "scikit-learn", "joblib", "threadpoolctl")
# The test accuracy that a correct net exceeds on every machine by some points.
ACCURACY = 0.9


def main() -> int:
    """Print the versions, run the checks, and return the exit code."""
    for name, value in _environment():
        print(f"{name:14}{value}")
    n_failed = 0
    for check in (check_gradients, check_learning, check_saving):
        start = perf_counter()
        try:
            outcome, text = "ok", check()
        # A self-check reports whatever goes wrong.
        except Exception as error:
            outcome, text = "FAILED", f"{type(error).__name__}: {error}"
            n_failed += 1
        seconds = perf_counter() - start
        name = check.__name__.removeprefix("check_")
        print(f"{name:14}{outcome:8}{seconds:5.1f} s  {text}")
    return int(n_failed > 0)


def _environment():
    """Yield (name, version) of all that decides what skdl computes, and how fast."""
    yield "skdl", f"{__version__}, in {Path(__file__).parent}"
    yield "Python", f"{platform.python_version()} on {platform.platform()}"
    for name in LIBRARIES:
        yield name, version(name)
    names = {"blas": "BLAS", "openmp": "OpenMP"}
    for pool in threadpool_info():
        kernel, threads = pool.get("architecture"), pool["num_threads"]
        words = [
            pool["internal_api"],
            pool["version"],
            kernel and f"for {kernel}",
            f"with {threads} thread{'s' if threads > 1 else ''}",
        ]
        yield (
            names.get(pool["user_api"], pool["user_api"]),
            " ".join(filter(None, words)),
        )


@cache
def _fitted():
    """Train a net of two hidden layers, once for all checks.

    Returns
    -------
    net : SoftmaxClassifier
        The net, which the checks do not change.
    loaded : SoftmaxClassifier
        The net from its checkpoint.
    X, y : ndarray
        The digits that the net has not seen.
    """
    X, y = load_digits(return_X_y=True)
    net = SoftmaxClassifier(
        (32, 32), activation="tanh", normalization="batch", batch_size=50,
        learning_rate_init=0.01, max_iter=15, random_state=0,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        path = Path(folder) / "net.npz"
        net.set_callbacks(Checkpoint(path)).fit(X[:900] / 16, y[:900])
        loaded = Checkpoint.load(path)
    return net, loaded, X[900:] / 16, y[900:]


def check_gradients() -> str:
    """Compare the gradient of the loss with differences of the loss."""
    net, _, X, y = _fitted()
    rows, network = encode(net, X[:20], y[:20]), network_of(deepcopy(net))
    workspace = Workspace(network, 20, training=True)

    def loss_at(parameters):
        network.parameters[...] = parameters
        value = network.loss_and_gradient(
            rows.X, rows.target_rows, None, loss_of(net), workspace
        )
        return value, workspace.gradient

    error = check_gradient(loss_at, network.parameters, rtol=1e-4)
    return f"largest relative error {error:.0e}"


def check_learning() -> str:
    """Train on half of scikit-learn's digits, and score the other half."""
    net, _, X, y = _fitted()
    accuracy = net.score(X, y)
    if not accuracy > ACCURACY:
        raise AssertionError(f"accuracy {accuracy:.3f} on digits, not above {ACCURACY}")
    return f"accuracy {accuracy:.3f} on scikit-learn's digits"


def check_saving() -> str:
    """Compare predictions of a net with those of its pickle and of its checkpoint."""
    net, loaded, X, _ = _fitted()
    expected = net.predict_proba(X)
    copies = {"pickle": pickle.loads(pickle.dumps(net)), "checkpoint": loaded}
    for name, copy in copies.items():
        if not np.array_equal(copy.predict_proba(X), expected):
            raise AssertionError(f"the net from the {name} predicts something else")
    return "pickle and checkpoint predict the same, bit for bit"


if __name__ == "__main__":
    sys.exit(main())
