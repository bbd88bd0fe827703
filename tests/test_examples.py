"""The examples run as a user runs them: as scripts, anywhere, without warnings."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def run(script, cwd, *arguments):
    paths = [str(ROOT), os.environ.get("PYTHONPATH")]
    environment = {
        **os.environ,
        "MPLBACKEND": "Agg",
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PYTHONWARNINGS": "default",
    }
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )


def check_clean(result):
    """No failure and no warning; warnings of the workers come by stderr, too."""
    assert result.returncode == 0, result.stderr
    # Other packages may deprecate things as they like: that is not the examples' fault.
    warned = re.findall(r".*\b(?!\w*Deprecat)\w*Warning\b.*", result.stderr)
    assert not warned, result.stderr
    assert "Traceback" not in result.stderr


def check_quickstart(result, folder):
    lines = [line for line in result.stdout.splitlines() if line.strip()]
    reports = [line for line in lines if re.search(r"test.*accuracy", line, re.I)]
    assert reports == lines[-1:]
    accuracy = float(re.fullmatch(r".*: (\d\.\d+)", lines[-1])[1])
    assert 0.97 <= accuracy <= 1
    for model in ["softmax", "svm", "logistic", "ensemble"]:
        assert re.search(rf"^{model} .* 0\.\d{{4}} ", result.stdout, re.M), model
    picture = folder / "quickstart.png"
    assert picture.read_bytes().startswith(PNG_SIGNATURE)
    assert str(picture.resolve()) in result.stdout
    assert list(folder.iterdir()) == [picture]


CHECKS = {"quickstart": check_quickstart}


def test_examples_are_found():
    assert "quickstart" in [script.stem for script in EXAMPLES]


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda script: script.stem)
def test_example(script, tmp_path):
    result = run(script, tmp_path)
    check_clean(result)
    if script.stem in CHECKS:
        CHECKS[script.stem](result, tmp_path)
