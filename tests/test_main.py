"""``python -m skdl`` tells users what they have, and whether it works."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy
import sklearn

import skdl
from skdl import SoftmaxClassifier, __main__

CHECKS = ["gradients", "learning", "saving"]


def outcomes(text):
    return re.findall(rf"^({'|'.join(CHECKS)}) +(ok|FAILED) +\d+\.\d s  \S", text, re.M)


def test_command():
    command = [sys.executable, "-m", "skdl"]
    root = Path(skdl.__file__).parents[1]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert outcomes(done.stdout) == [(name, "ok") for name in CHECKS]
    for name, version in [
        ("skdl", skdl.__version__),
        ("Python", sys.version.split()[0]),
        ("numpy", np.__version__),
        ("scipy", scipy.__version__),
        ("scikit-learn", sklearn.__version__),
    ]:
        assert re.search(rf"^{name} +{re.escape(version)}\b", done.stdout, re.M)
    assert re.search(r"^BLAS +\w+ .*with \d+ threads?$", done.stdout, re.M)


def test_a_failed_check_is_named_and_sets_the_exit_code(monkeypatch, capsys):
    def broken(net, X):
        raise ZeroDivisionError("broken")

    monkeypatch.setattr(SoftmaxClassifier, "predict_proba", broken)
    assert __main__.main() == 1
    printed = capsys.readouterr().out
    assert [outcome for _, outcome in outcomes(printed)] == ["ok", "ok", "FAILED"]
    assert "ZeroDivisionError: broken" in printed
    monkeypatch.setattr(__main__, "ACCURACY", 1)
    with pytest.raises(AssertionError, match="not above 1"):
        __main__.check_learning()


def test_all_checks_share_one_fit(monkeypatch):
    fits, fit = [], SoftmaxClassifier.fit
    monkeypatch.setattr(
        SoftmaxClassifier, "fit", lambda *given: (fits.append(1), fit(*given))[1]
    )
    __main__._fitted.cache_clear()
    weights = __main__._fitted()[0].coefs_[0].copy()
    assert __main__.main() == 0
    assert len(fits) == 1
    np.testing.assert_array_equal(__main__._fitted()[0].coefs_[0], weights)


def test_the_docstring_lists_the_modules():
    modules = {name for name in skdl.__all__ if name.islower() and name[0] != "_"}
    modules -= {"trusted_types", "estimators"}
    assert set(re.findall(r"^`skdl\.(\w+)`", skdl.__doc__, re.M)) == modules
