"""The docstrings say all, and what they say is so."""

import doctest
import inspect
import subprocess
import sys

import pytest

import skdl
from tests.estimators.common import fit, make


def test_every_parameter_is_documented_once(Net):
    text = inspect.getdoc(Net).split("Attributes\n")[0]
    heads = [line for line in text.splitlines() if line[:1].strip() and " : " in line]
    names = [name.strip() for head in heads for name in head.split(" : ")[0].split(",")]
    assert sorted(names) == sorted(inspect.signature(Net).parameters)


def test_documented_defaults_are_the_defaults(Net):
    text = inspect.getdoc(Net).split("Attributes\n")[0]
    for name, parameter in inspect.signature(Net).parameters.items():
        if name in ("beta_1", "beta_2"):  # they share an entry
            continue
        entry = text.split(f"\n{name} : ")[1].split("\n    ")[0]
        stated = entry.split("default=")[1]
        assert eval(stated) == parameter.default  # our own text


def entries(Net):
    """Return {names: text} of the parameters and attributes that nets share."""
    found, text = {}, inspect.getdoc(Net)
    text = text[text.index("Parameters\n---") : text.index("See Also\n---")]
    for default in "None", "False":  # some defaults of scikit-learn's nets
        text = text.replace(f"default={default}", "default='auto'")
    for line in text.splitlines():
        if line[:1].strip():
            name = line.split(" : ")[0]
        found[name] = found.get(name, "") + line
    found.pop("loss", None)  # of each class its own
    return found


def test_shared_entries_are_equal(Net):
    """Each class has its own text, so that editors show it; it must not drift."""
    expected, found = (entries(one) for one in (skdl.MLPClassifier, Net))
    if not Net.__name__.startswith("MLP"):
        # The drop-ins print what scikit-learn's print.
        expected["verbose"] = entries(skdl.SoftmaxClassifier)["verbose"]
    assert len(found) >= 35
    for name in set(expected) & set(found):
        assert found[name] == expected[name]


def test_every_fitted_attribute_is_documented(Net, X, y):
    text = inspect.getdoc(Net).split("Attributes\n")[1]
    net = fit(make(Net, hidden_layer_sizes=()), X, y)
    names = {n for n in dir(net) if n.endswith("_") and not n.startswith("_")}
    assert {name for name in names if name not in text} == set()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_examples_run(Net):
    tests = doctest.DocTestFinder(recurse=False).find(Net, Net.__name__)
    results = [doctest.DocTestRunner().run(test) for test in tests]
    assert sum(result.attempted for result in results) > 2
    assert sum(result.failed for result in results) == 0


@pytest.mark.slow
def test_import_without_docstrings():
    """What -OO leaves out must not be needed, as it is not by scikit-learn."""
    code = f"import sys; sys.path.insert(0, {skdl.__path__[0] + '/..'!r}); import skdl"
    done = subprocess.run(
        [sys.executable, "-OO", "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
