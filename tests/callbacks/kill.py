"""Kill a process while it trains, again and again; `test_kill.py` runs this script.

Everything is imported once, and each process that is killed is a fork of this one: it
has no threads, so a fork is as good as a start. Epochs and writes are slowed down, so
that kills come in both. The output is JSON with an entry for each kill.
"""

import json
import os
import signal
import sys
import time
import warnings
from pathlib import Path

import numpy as np

from skdl import MLPClassifier
from skdl.callbacks import Checkpoint, LambdaCallback
from skdl.callbacks._fingerprint import digest
from skdl.engine import Cosine
from skdl.estimators._internal_api import network_of

SLOW_MEMBER, SLOW_SYNC, SLOW_EPOCH = 0.0005, 0.003, 0.015
RECORDS = ("loss_curve_", "validation_scores_", "n_iter_", "best_validation_score_")
RECORDS += ("history_", "stop_reason_", "t_", "loss_")


def train(path, slow):
    """Train to the end, from the file if there is one; return the net."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 10)).astype(np.float32)
    y = (X[:, :3] + rng.normal(size=(500, 3))).argmax(axis=1)
    net = MLPClassifier(
        (32, 16),
        solver="adam",
        learning_rate=Cosine(),
        learning_rate_init=0.003,
        max_iter=70,
        early_stopping=True,
        n_iter_no_change=15,
        dropout=0.2,
        normalization="batch",
        random_state=0,
    )
    if path is not None:
        wait = LambdaCallback(lambda net: time.sleep(slow * SLOW_EPOCH))
        net.set_callbacks(Checkpoint(path, resume=True), wait)
    if slow:
        slow_down_writes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return net.fit(X, y)


def slow_down_writes():
    write, fsync = np.lib.format.write_array, os.fsync

    def slow_write(*args, **kwargs):
        time.sleep(SLOW_MEMBER)
        write(*args, **kwargs)

    def slow_fsync(descriptor):
        time.sleep(SLOW_SYNC)
        fsync(descriptor)

    np.lib.format.write_array, os.fsync = slow_write, slow_fsync


def start(result, path=None, slow=False):
    """Train in a process of its own, which leaves what came out in a file."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        net = train(path, slow)
        del net.history_["time"]
        content = {name: getattr(net, name) for name in RECORDS}
        content["weights and statistics"] = network_of(net).snapshot()
        facts = {"mark": digest(content), "n_iter": net.n_iter_}
        result.write_text(json.dumps({**facts, "stop_reason": net.stop_reason_}))
        code = 0
    finally:
        os._exit(code)


def finish(child):
    _, status = os.waitpid(child, 0)
    assert status == 0, status


def is_in_a_write(folder):
    return any(name.endswith(".tmp") for name in os.listdir(folder))


def wait_for_a_write(folder, child):
    """Return when a write begins: on a busy machine few random moments meet one."""
    end = time.monotonic() + 10
    while not is_in_a_write(folder) and time.monotonic() < end:
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.0002)


def look(folder, path):
    """Return how far the file is, and whether a write was in progress."""
    torn = is_in_a_write(folder)
    n_epochs = 0
    if path.exists():
        with np.load(path) as file:
            state = json.loads(file["values"].tobytes())["dict"]["state"]
            n_epochs = state["dict"]["records"]["dict"]["n_iter_"]
    return {"epochs": n_epochs, "in a write": torn}


def main(folder, n_kills):
    rng = np.random.default_rng(7)
    path, result = folder / "state.npz", folder / "result.json"
    finish(start(result))
    expected = json.loads(result.read_text())
    kills = []
    while len(kills) < n_kills:
        # A run that ends before the last kill is followed by another one.
        path.unlink(missing_ok=True)
        result.unlink()
        while not result.exists() and len(kills) < n_kills:
            child = start(result, path, slow=True)
            time.sleep(rng.uniform(0.01, 0.35))
            if len(kills) % 4 == 3:
                wait_for_a_write(folder, child)
            os.kill(child, signal.SIGKILL)
            if os.WIFSIGNALED(os.waitpid(child, 0)[1]):
                kills.append(look(folder, path))
        finish(start(result, path))
        found = json.loads(result.read_text())
        assert found == expected, (found, expected, kills)
    files = sorted(os.listdir(folder))
    print(json.dumps({"kills": kills, "files": files, **expected}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
