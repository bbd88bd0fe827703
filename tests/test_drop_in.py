"""scikit-learn's own tests of its MLPs, run on ours.

Those that read or set private attributes cannot pass; each has a test of the same name
here, of what it means in public.
"""

import copy
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import sklearn.neural_network
from numpy.testing import assert_allclose
from scipy.special import expit
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss

import skdl
from skdl import MLPClassifier, MLPRegressor

SOURCE = Path(sklearn.neural_network.__file__).parent / "tests" / "test_mlp.py"
IMPORT = "from sklearn.neural_network import MLPClassifier, MLPRegressor\n"
# `_optimizer`, `_no_improvement_count`, `_loss_grad_lbfgs`, or coefs_ before fit.
PRIVATE = {
    "test_adaptive_learning_rate",
    "test_fit",
    "test_gradient",
    "test_learning_rate_warmstart",
    "test_n_iter_no_change",
    "test_n_iter_no_change_inf",
}
# In place of scikit-learn's conftest.py. Some of its tests set no random_state, and so
# draw from the global one.
CONFTEST = """
import numpy as np
import pytest


@pytest.fixture
def global_random_seed():
    return 42


@pytest.fixture(autouse=True)
def seeded():
    np.random.seed(0)
"""


def run(folder, text):
    """Run a test file in a process of its own; return the set of names by outcome."""
    (folder / "test_mlp.py").write_text(text, encoding="utf-8")
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "--tb=line", "-c", os.devnull]
    command += ["-p", "no:cacheprovider", "--rootdir", ".", "--junitxml", "report.xml"]
    command += ["-W", "error::FutureWarning", "-W", "error::DeprecationWarning"]
    path = [str(Path(skdl.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    # Nothing of the run that this one is part of may reach the inner one.
    environment = {
        name: value for name, value in os.environ.items() if "PYTEST" not in name
    }
    # Two threads for such small matrices wait for each other, where others work too.
    environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, path))
    done = subprocess.run(
        [*command, "test_mlp.py"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    outcomes = defaultdict(set)
    for case in ElementTree.parse(folder / "report.xml").iter("testcase"):
        bad = {child.tag for child in case} & {"failure", "error", "skipped"}
        name = case.get("name").split("[")[0]
        outcomes[bad.pop() if bad else "passed"].add(name)
    return outcomes, done.stdout


def test_scikit_learns_own_tests(tmp_path):
    text = SOURCE.read_text(encoding="utf-8")
    assert text.count(IMPORT) == 1
    ours = text.replace(IMPORT, "from skdl import MLPClassifier, MLPRegressor\n")
    outcomes, printed = run(tmp_path, ours)
    assert outcomes["failure"] == PRIVATE, printed
    assert not outcomes["error"] | outcomes["skipped"], printed
    names = set(re.findall(r"^def (test_\w+)", text, re.MULTILINE))
    assert outcomes["passed"] | PRIVATE == names
    assert len(names) > 35


def test_outcomes_are_told_apart(tmp_path):
    bodies = {
        "passed": "assert global_random_seed == 42",
        "failure": "import warnings; warnings.warn('old', FutureWarning)",
        "skipped": "import pytest; pytest.skip()",
    }
    tests = [
        f"def test_{outcome}(global_random_seed):\n    {body}\n"
        for outcome, body in bodies.items()
    ]
    outcomes, _ = run(tmp_path, "\n\n".join([*tests, "def test_error(what): pass\n"]))
    assert outcomes == {name: {f"test_{name}"} for name in [*bodies, "error"]}


def test_each_test_that_cannot_pass_has_one_here():
    assert set(globals()) >= PRIVATE


def steps_of(net, X, y):
    """Return what one more pass over all rows does to each array."""
    before = [a.copy() for a in net.coefs_ + net.intercepts_]
    net.partial_fit(X, y)
    return [b - a for a, b in zip(before, net.coefs_ + net.intercepts_, strict=True)]


def test_fit():
    """One step from given weights, worked out by hand."""
    X, y = np.array([[0.6, 0.8, 0.7]]), [0]
    net = MLPClassifier(
        2, "logistic", solver="sgd", learning_rate_init=0.1, alpha=0.1, momentum=0
    ).partial_fit(X, y, classes=[0, 1])
    W1, b1 = np.array([[0.1, 0.2], [0.3, 0.1], [0.5, 0]]), np.array([0.1, 0.1])
    W2, b2 = np.array([[0.1], [0.2]]), np.array([1.0])
    for array, values in zip(
        net.coefs_ + net.intercepts_, (W1, W2, b1, b2), strict=True
    ):
        array[...] = values
    h = expit([0.6 * 0.1 + 0.8 * 0.3 + 0.7 * 0.5 + 0.1, 0.6 * 0.2 + 0.8 * 0.1 + 0.1])
    p = expit(h @ [0.1, 0.2] + 1)
    assert_allclose([*h, p], [0.679179, 0.574443, 0.765452], atol=1e-6)
    assert_allclose(net.predict_proba(X), [[1 - p, p]], rtol=1e-12)

    net.partial_fit(X, y)
    delta = h * (1 - h) * [0.1, 0.2] * p
    expected = [
        W1 - 0.1 * (np.outer(X[0], delta) + 0.1 * W1),
        W2 - 0.1 * (h * p + 0.1 * W2[:, 0])[:, np.newaxis],
        b1 - 0.1 * delta,
        b2 - 0.1 * p,
    ]
    for array, values in zip(net.coefs_ + net.intercepts_, expected, strict=True):
        assert_allclose(array, values, rtol=1e-12)
    assert_allclose(net.coefs_[0][:, 0], [0.098, 0.2956664, 0.4939998], atol=1e-3)
    assert_allclose(net.predict_proba(X)[0, 1], 0.739, atol=1e-3)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("n_labels", [2, 3])
def test_gradient(activation, n_labels):
    """A step is the rate times the numeric gradient of the documented objective."""
    rng = np.random.RandomState(42)
    X, y = rng.rand(5, 6), 1 + np.arange(1, 6) % n_labels
    net = MLPClassifier(
        4, activation, solver="sgd", momentum=0, alpha=0.3, learning_rate_init=0.01,
        random_state=1,
    ).partial_fit(X, y, classes=np.unique(y))  # fmt: skip

    def objective():
        squares = sum((W**2).sum() for W in net.coefs_)
        return log_loss(y, net.predict_proba(X)) + 0.3 / (2 * 5) * squares

    numeric = []
    for array in net.coefs_ + net.intercepts_:
        numeric.append(np.empty_like(array))
        for place in np.ndindex(array.shape):
            value, ends = array[place], []
            for shift in (1e-5, -1e-5):
                array[place] = value + shift
                ends.append(objective())
            array[place] = value
            numeric[-1][place] = (ends[0] - ends[1]) / 2e-5
    for step, gradient in zip(steps_of(net, X, y), numeric, strict=True):
        assert_allclose(step, -0.01 * gradient, atol=1e-10)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("learning_rate", ["invscaling", "constant"])
def test_learning_rate_warmstart(learning_rate):
    """The rate after 8 rows is the first over (8 + 1) ** power_t, across two fits."""
    X, y = [[3, 2], [1, 6], [5, 6], [-2, -4]], [1, 1, 1, 0]
    net = MLPClassifier(
        4, solver="sgd", momentum=0, learning_rate=learning_rate, max_iter=1,
        power_t=0.25, warm_start=True, random_state=0,
    )  # fmt: skip
    for rows in (4, 8):
        net.fit(X, y)
        assert net.t_ == rows
        constant = copy.deepcopy(net).set_params(learning_rate="constant")
        moved = steps_of(copy.deepcopy(net), X, y)
        factor = (rows + 1) ** -0.25 if learning_rate == "invscaling" else 1
        for step, whole in zip(moved, steps_of(constant, X, y), strict=True):
            assert_allclose(step, factor * whole, rtol=1e-9, atol=1e-15)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_adaptive_learning_rate():
    """Each plateau divides the rate by 5, and the one at 1e-6 ends training."""
    net = MLPRegressor(
        "absolute_error", (), solver="sgd", momentum=0, learning_rate="adaptive",
        learning_rate_init=1e-3, tol=1e3, n_iter_no_change=1, random_state=0,
    )  # fmt: skip
    # So far below their targets, the scores have a gradient of -1: a step of the bias
    # is the rate itself.
    X, y = [[3.0, 2.0], [1.0, 6.0]], [1e3, 1e3]
    last = net.set_params(max_iter=3000).fit(X, y).n_iter_
    biases = [
        net.set_params(max_iter=epochs).fit(X, y).intercept_
        for epochs in range(1, last + 1)
    ]
    # The first epoch improves on nothing; then every second one in a row is too many.
    rates = [1e-3, *(1e-3 / 5**plateau for plateau in range(6) for _ in range(2))]
    assert last == len(rates)
    assert_allclose(np.diff(biases), rates[1:], rtol=1e-6)
    assert rates[-1] < 1e-6 < rates[-3]


def stalled(losses, tol):
    """Count, for each epoch, the epochs in a row without an improvement by tol."""
    best, counts = np.inf, [0]
    for loss in losses:
        counts.append(counts[-1] + 1 if loss > best - tol else 0)
        best = min(best, loss)
    return counts[1:]


@pytest.fixture
def digits():
    X, y = load_digits(n_class=2, return_X_y=True)
    return X[:100] / 16, y[:100]


@pytest.mark.parametrize("n_iter_no_change", [2, 5, 10, 50, 100])
def test_n_iter_no_change(n_iter_no_change, digits):
    net = MLPClassifier(
        tol=0.01, max_iter=3000, solver="sgd", n_iter_no_change=n_iter_no_change,
        random_state=0,
    ).fit(*digits)  # fmt: skip
    *before, last = stalled(net.loss_curve_, 0.01)
    assert last == n_iter_no_change + 1
    assert max(before) == n_iter_no_change
    assert net.n_iter_ == len(net.loss_curve_) < 3000


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_n_iter_no_change_inf(digits):
    net = MLPClassifier(
        tol=1e9, max_iter=300, solver="sgd", n_iter_no_change=np.inf, random_state=0
    ).fit(*digits)
    assert net.n_iter_ == 300
    assert stalled(net.loss_curve_, 1e9) == list(range(300))
