"""The code in docs/ensembles.md runs as it stands there."""

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "ensembles.md"


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_guide(capsys):
    code = "\n".join(re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.S))
    exec(compile(code, str(GUIDE), "exec"), {})
    printed = re.findall(r"print\(.*\)  # (.*)", code)
    assert len(printed) == 2
    assert capsys.readouterr().out.splitlines() == printed
