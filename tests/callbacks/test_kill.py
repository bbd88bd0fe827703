"""kill -9 at random moments, in writes and between them, changes no bit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("kill.py")
ROOT = SCRIPT.parents[2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("n_kills", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_runs_end_with_the_same_bits(n_kills, tmp_path):
    paths = [str(ROOT), os.environ.get("PYTHONPATH")]
    one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    result = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path), str(n_kills)],
        env={
            **os.environ,
            **one_thread,
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        },
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert len(report["kills"]) == n_kills
    # No temporary file outlives the next start.
    assert report["files"] == ["result.json", "state.npz"]
    assert report["stop_reason"] == "converged"
    assert 25 < report["n_iter"] < 70
    if n_kills == 20:
        assert {kill["in a write"] for kill in report["kills"]} == {True, False}
        assert max(kill["epochs"] for kill in report["kills"]) > 15
