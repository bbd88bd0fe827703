"""``import skdl`` is quick and makes every public name available."""

import subprocess
import sys

import pytest

import skdl


def run(code):
    """Run code in a new interpreter, and return what it prints."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


@pytest.mark.slow
def test_modules_are_loaded_when_they_are_used():
    printed = run(
        "import sys, skdl\n"
        "lazy = 'datasets ensemble export inspection metrics model_selection'.split()\n"
        "assert not hasattr(skdl, 'fetch_mnist')  # the error says where it is\n"
        "print([name for name in lazy if f'skdl.{name}' in sys.modules])\n"
        "print([getattr(skdl, name).__name__ for name in lazy])\n"
        "print('matplotlib' in sys.modules)\n"
    )
    names = ["datasets", "ensemble", "export", "inspection", "metrics"]
    assert printed.splitlines() == [
        "[]",
        str([f"skdl.{m}" for m in [*names, "model_selection"]]),
        "False",
    ]


def test_dir_lists_the_public_names():
    assert set(dir(skdl)) == set(skdl.__all__)
    assert {"SoftmaxClassifier", "ensemble", "metrics"} <= set(dir(skdl))
    assert all(hasattr(skdl, name) for name in skdl.__all__)


def test_unknown_name_raises_attribute_error():
    with pytest.raises(AttributeError, match="module 'skdl' has no attribute 'nets'"):
        _ = skdl.nets


def test_editors_complete_names_of_lazy_modules():
    jedi = pytest.importorskip("jedi")
    script = jedi.Script("import skdl\nskdl.ensemble.Seed")
    names = {completion.name for completion in script.complete()}
    assert "SeedEnsembleClassifier" in names
