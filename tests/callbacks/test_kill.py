"""kill -9 at random moments, in writes and between them, changes no bit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("kill.py")
ROOT = SCRIPT.parents[2]
N_KILLS = 20


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_runs_end_with_the_same_bits(tmp_path):
    paths = [str(ROOT), os.environ.get("PYTHONPATH")]
    one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    result = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path), str(N_KILLS)],
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
    assert len(report["kills"]) == N_KILLS
    # No temporary file outlives the next start.
    assert report["files"] == ["result.json", "state.npz"]
    assert report["stop_reason"] == "converged"
    assert 25 < report["n_iter"] < 70
    assert {kill["in a write"] for kill in report["kills"]} == {True, False}
    assert max(kill["epochs"] for kill in report["kills"]) > 15
