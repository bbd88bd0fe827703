"""The code in docs/model_selection.md runs as it stands there, and so do docstrings."""

import doctest
import re
from pathlib import Path

import pytest

from skdl.engine import hidden_layers
from skdl.model_selection import coarse_to_fine, ranges

GUIDE = Path(__file__).parents[2] / "docs" / "model_selection.md"


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_guide(capsys):
    code = "\n".join(re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.S))
    exec(compile(code, str(GUIDE), "exec"), {})
    printed = re.findall(r"print\(.*# (.*)", code)
    assert len(printed) == 4
    assert capsys.readouterr().out.splitlines() == printed


@pytest.mark.parametrize("module", [hidden_layers, coarse_to_fine, ranges])
def test_examples(module):
    failed, attempted = doctest.testmod(module)
    assert attempted
    assert not failed
