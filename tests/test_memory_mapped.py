"""Two gigabytes of rows in a file, or images in bytes: training must not copy them."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not Path("/proc/self/status").exists(), reason="needs Linux's /proc"
    ),
]

ROOT = Path(__file__).resolve().parents[1]
N_FEATURES, N_REAL = 512, 5000
N_ROWS = 2 * 2**30 // (4 * N_FEATURES)
MEBIBYTES = 300

CHILD = """
import sys, warnings
import numpy as np
from skdl import MLPClassifier, MLPRegressor

path, n_features, Net, options, weighted = sys.argv[1:]
warnings.simplefilter("ignore")  # one epoch is not enough to converge
X = np.memmap(path, np.float32, "r").reshape(-1, int(n_features))
y = np.arange(len(X)) % 3
weights = np.ones(len(X)) if weighted == "weighted" else None
net = globals()[Net](
    hidden_layer_sizes=(16,), batch_size=200, max_iter=1, random_state=0,
    **eval(options),
)
net.fit(X, y, weights)
predicted = net.predict(X)
assert predicted.shape == (len(X),) and np.isfinite(predicted).all()
print("rows", net.t_)
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Return a file of real rows and, for the most part, a hole that reads as zeros."""
    path = tmp_path_factory.mktemp("mapped") / "X.f32"
    rows = np.random.default_rng(0).normal(size=(N_REAL, N_FEATURES))
    with path.open("wb") as file:
        file.write(rows.astype(np.float32).tobytes())
        file.truncate(4 * N_ROWS * N_FEATURES)
    yield path
    path.unlink()


def private_peak(*command):
    """Return the most private memory that a child process had in MiB, and its output.

    This process reads RssAnon every two milliseconds. RssAnon does not count the mapped
    file, and no lock of the child's interpreter can hide a peak.
    """
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    peak = 0
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment
    ) as child:
        while child.poll() is None:
            status = Path(f"/proc/{child.pid}/status").read_text()
            for line in status.splitlines():
                if line.startswith("RssAnon:"):
                    peak = max(peak, int(line.split()[1]) / 1024)
            time.sleep(0.002)
        output = child.stdout.read()
    assert child.returncode == 0, output
    return peak, output


@pytest.mark.parametrize(
    ("Net", "options", "weighted"),
    [
        ("MLPClassifier", {}, "plain"),
        ("MLPClassifier", {"early_stopping": True}, "weighted"),
        ("MLPRegressor", {"early_stopping": True}, "plain"),
        ("MLPClassifier", {"solver": "lbfgs"}, "weighted"),
    ],
)
def test_private_memory_stays_small(path, Net, options, weighted):
    peak, output = private_peak(
        sys.executable, "-c", CHILD, str(path), str(N_FEATURES), Net, repr(options),
        weighted,
    )  # fmt: skip
    if "solver" not in options:
        trained = N_ROWS * (0.9 if "early_stopping" in options else 1)
        assert abs(int(output.split()[-1]) - trained) < 2
    print(f"RssAnon peak: {peak:.0f} MiB")
    assert peak < MEBIBYTES


BYTES = """
import sys, warnings
from pathlib import Path
import numpy as np
from skdl import SoftmaxClassifier

warnings.simplefilter("ignore")  # two epochs are not enough to converge
X = np.random.default_rng(0).integers(0, 256, (50_000, 3072), dtype=np.uint8)
y = np.arange(50_000) % 10
for line in Path("/proc/self/status").read_text().splitlines():
    if line.startswith("RssAnon:"):
        print(int(line.split()[1]) / 1024)
net = SoftmaxClassifier(
    (100, 50, 25), batch_size=200, max_iter=2, random_state=0, **eval(sys.argv[1])
)
net.fit(X, y).predict(X)
assert X.dtype == np.uint8
"""


@pytest.mark.parametrize(
    "options",
    [
        "{'standardize': True}",
        "{'standardize': 'channel', 'image_shape': (32, 32, 3), 'early_stopping': True,"
        " 'augment': lambda images, rng: images[:, :, ::-1]}",
    ],
)
def test_images_of_cifar_10s_size_stay_bytes(options):
    peak, output = private_peak(sys.executable, "-c", BYTES, options)
    added = peak - float(output)
    print(f"RssAnon: {added:.0f} MiB beyond X and the imports")
    assert 0 < added < 200


def test_a_copy_would_be_seen(path):
    copy = "import sys, numpy as np; np.fromfile(sys.argv[1], np.float32)[::1024] + 1"
    peak, _ = private_peak(sys.executable, "-c", copy, str(path))
    assert peak > 2048
