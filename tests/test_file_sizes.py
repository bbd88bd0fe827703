"""Files of fitted estimators weigh about what was learned."""

import io
import pickle

import joblib
import numpy as np
import pytest
from sklearn.base import is_classifier

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    PCAWhitener,
    SoftmaxClassifier,
    Standardizer,
    SVMClassifier,
)
from tests.pairwise import parametrize_pairwise

NETS = [
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SVMClassifier,
    SoftmaxClassifier,
]

# Short runs.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def quick(Net, **params):
    return Net(
        **{"hidden_layer_sizes": (6,), "max_iter": 8, "random_state": 0} | params
    )


def wide(dtype):
    X = np.random.default_rng(0).normal(size=(40, 200)).astype(dtype)
    return X, np.arange(40) % 2


def weights_of(net):
    """Return the bytes of all that is learned by gradients or recorded for use."""
    network = net._network
    learned = [*net.coefs_, *net.intercepts_, network.statistics]
    learned += [P for P in net.projections_ if P is not None]
    return sum(array.nbytes for array in learned)


def file_sizes(net):
    """Return the bytes of a pickle, and of joblib's files, plain and compressed."""
    sizes = [len(pickle.dumps(net))]
    for compress in (0, 3):
        file = io.BytesIO()
        joblib.dump(net, file, compress=compress)
        sizes.append(file.tell())
    return sizes


LIGHT = {
    **{solver: {"solver": solver} for solver in
       ("sgd", "adam", "adamw", "adagrad", "rmsprop", "lbfgs")},
    "batch norm": {"normalization": "batch", "dropout": 0.1},
    "residual": {"hidden_layer_sizes": (100, 90, 90), "residual": True},
    "maxout": {"activation": "maxout"},
    "early_stopping": {"early_stopping": True, "max_iter": 15},
    "random state": {"random_state": np.random.RandomState(0)},
    "penalty": {"penalty": "l1"},
}  # fmt: skip


@parametrize_pairwise(Net=NETS, options=LIGHT, dtype=[np.float64, np.float32])
def test_a_file_weighs_what_the_weights_do(Net, dtype, options):
    options = {"hidden_layer_sizes": (150,), "max_iter": 2, **options}
    net = quick(Net, **options).fit(*wide(dtype))
    net.predict(wide(dtype)[0])
    weights = weights_of(net)
    assert weights > 30_000 * np.dtype(dtype).itemsize
    for size in file_sizes(net):
        assert size <= 1.1 * weights + 64 * 1024


# The number of moments that an optimizer keeps per weight.
MOMENTS = {"sgd": 1, "adam": 2, "adamw": 2, "adagrad": 1, "rmsprop": 1, "lbfgs": 0}


@pytest.mark.parametrize("Net", NETS)
@pytest.mark.parametrize(
    ("solver", "how"),
    [(solver, how) for solver in MOMENTS for how in ("warm_start", "partial_fit")
     if (solver, how) != ("lbfgs", "partial_fit")],
)  # fmt: skip
def test_going_on_costs_the_moments_of_the_optimizer(Net, solver, how):
    n_moments = MOMENTS[solver]
    net = quick(Net, hidden_layer_sizes=(150,), solver=solver, max_iter=2)
    if how == "warm_start":
        net.set_params(warm_start=True).fit(*wide(np.float32))
    else:
        classes = {"classes": [0, 1]} if is_classifier(net) else {}
        net.partial_fit(*wide(np.float32), **classes)
    weights = weights_of(net)
    for size in file_sizes(net)[:2]:
        assert (1 + n_moments) * weights < size
        assert size <= 1.1 * (1 + n_moments) * weights + 64 * 1024
    # A plain fit lets go of them.
    net.set_params(warm_start=False).fit(*wide(np.float32))
    assert len(pickle.dumps(net)) <= 1.1 * weights + 64 * 1024


@pytest.mark.parametrize("options", [{}, {"zca": True}, {"n_components": 5}])
def test_a_whitener_weighs_its_axes_and_what_partial_fit_goes_on_from(options):
    X = np.random.default_rng(0).normal(size=(400, 150))
    whitener = PCAWhitener(**options).fit(X)
    whitener.transform(X)
    covariance = 150 * 150 * 8
    bound = 1.1 * (covariance + whitener.components_.nbytes) + 64 * 1024
    assert all(size <= bound for size in file_sizes(whitener))
    assert len(pickle.dumps(Standardizer().fit(X))) < 64 * 1024
