"""scikit-learn's own tests of its MLPs, run on ours."""

import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

import sklearn.neural_network

import skdl

SOURCE = Path(sklearn.neural_network.__file__).parent / "tests" / "test_mlp.py"
IMPORT = "from sklearn.neural_network import MLPClassifier, MLPRegressor\n"
# These read or set private attributes (`_optimizer`, `_no_improvement_count` …). What
# they mean is tested without: tests/estimators/test_drop_in_meaning.py.
PRIVATE = {
    "test_adaptive_learning_rate",
    "test_fit",
    "test_gradient",
    "test_learning_rate_warmstart",
    "test_n_iter_no_change",
    "test_n_iter_no_change_inf",
}
NOT_YET = {
    "test_early_stopping_stratified",
    "test_predict_proba_multilabel",
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
    assert outcomes["failure"] == PRIVATE | NOT_YET, printed
    assert not outcomes["error"] | outcomes["skipped"], printed
    names = set(re.findall(r"^def (test_\w+)", text, re.MULTILINE))
    assert outcomes["passed"] | PRIVATE | NOT_YET == names
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
