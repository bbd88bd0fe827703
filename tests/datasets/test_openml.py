"""The fetchers, against what OpenML sends, without a network."""

import gzip
import hashlib
import io
import json
import urllib.request
from dataclasses import replace
from email.message import Message
from pathlib import Path
from urllib.response import addinfourl

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.utils import Bunch

from skdl.datasets import cifar10, fetch_cifar10, fetch_mnist, load_mnist, mnist
from tests.datasets.formats import planes
from tests.datasets.private_names import _openml

MNIST_FILE = Path(__file__).parents[3] / "shared" / "data" / "mnist.npz"
COUNTS = {"train_counts": (2,) * 10, "test_counts": (1,) * 10}
NAMES = {"mnist": "mnist_784", "cifar": "CIFAR_10"}
FETCH = {"mnist": fetch_mnist, "cifar": fetch_cifar10}
# As by parsing with pandas, and by parsing without.
DTYPES = [np.float32, np.float64, np.int64]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(mnist, "MNIST", replace(mnist.MNIST, **COUNTS))
    monkeypatch.setattr(cifar10, "CIFAR10", replace(cifar10.CIFAR10, **COUNTS))


def content(name):
    """Return images (30, height, width, channels), and 30 labels."""
    rng = np.random.default_rng(0)
    shape = (28, 28, 1) if name == "mnist" else (32, 32, 3)
    images = rng.integers(256, size=(30, *shape), dtype=np.uint8)
    y = np.concatenate([rng.permutation(np.repeat(range(10), 2)), rng.permutation(10)])
    return images, y


def table(name, dtype=np.float64):
    """Return what `fetch_openml` returns: numbers and text, planes for CIFAR-10."""
    images, y = content(name)
    rows = planes(images) if name == "cifar" else images.reshape(30, -1)
    return Bunch(data=rows.astype(dtype), target=y.astype(str).astype(object))


@pytest.fixture
def stub(monkeypatch):
    calls = []

    def fetch_openml(name, **options):
        calls.append((name, options))
        return stub.table

    monkeypatch.setattr(_openml, "fetch_openml", fetch_openml)
    stub.calls = calls
    return stub


def check(name, data):
    images, y = content(name)
    assert_array_equal(data.X_train.reshape(20, *data.image_shape), images[:20])
    assert_array_equal(data.X_test.reshape(10, *data.image_shape), images[20:])
    assert_array_equal(data.y_train, y[:20])
    assert_array_equal(data.y_test, y[20:])
    assert data.X_train.dtype == np.uint8
    assert data.y_train.dtype == np.int64


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_table_becomes_images(stub, name, dtype):
    stub.table = table(name, dtype)
    check(name, FETCH[name](data_home="somewhere"))
    [(asked, options)] = stub.calls
    assert asked == NAMES[name]
    assert options["version"] == 1
    assert options["data_home"] == "somewhere"
    assert options["as_frame"] is False


def test_floats(stub):
    stub.table = table("cifar")
    raw, data = fetch_cifar10(), fetch_cifar10(dtype="float32")
    assert data.X_train.dtype == np.float32
    assert_array_equal(data.X_train, raw.X_train / np.float32(255))


def changed(**parts):
    data = table("mnist")
    return Bunch(**(data | parts))


def pixel(value):
    data = table("mnist").data
    data[13, 77] = value
    return data


BAD = {
    "rows": (changed(data=np.zeros((29, 784))), r"has the shape \(29, 784\): expected"),
    "columns": (changed(data=np.zeros((30, 785))), r"shape \(30, 785\)"),
    "fraction": (changed(data=pixel(0.5)), "not integers from 0 to 255"),
    "too large": (changed(data=pixel(256)), "not integers from 0 to 255"),
    "negative": (changed(data=pixel(-1)), "not integers from 0 to 255"),
    "missing": (changed(data=pixel(np.nan)), "not integers from 0 to 255"),
    "text": (changed(target=np.array(["cat"] * 30)), "labels that are not numbers"),
    "label": (changed(target=np.array(["11"] * 30)), "has the label 11"),
    "order": (changed(target=table("mnist").target[::-1]), "not in the original order"),
}


@pytest.mark.parametrize("case", BAD)
def test_wrong_table_is_refused(stub, case):
    stub.table, message = BAD[case]
    with pytest.raises(ValueError, match=f"mnist_784 of OpenML.*{message}"):
        fetch_mnist()


class OpenML(urllib.request.BaseHandler):
    """Answers requests as api.openml.org does, from a table."""

    handler_order = 1

    def __init__(self, name):
        self.openml_name, self.requested = NAMES[name], []
        data = table(name, np.uint8)
        features = [f"pixel{i}" for i in range(data.data.shape[1])]
        lines = [f"@RELATION {self.openml_name}"]
        lines += [f"@ATTRIBUTE {feature} real" for feature in features]
        lines += ["@ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}", "", "@DATA"]
        for row, label in zip(data.data, data.target, strict=True):
            lines.append(",".join([*map(str, row), label]))
        self.arff = "\n".join(lines).encode()
        url = "https://api.openml.org/data/v1/download/52667/table.arff"
        described = {"id": "554", "name": self.openml_name, "version": "1"}
        described |= {"format": "ARFF", "status": "active", "file_id": "52667"}
        described |= {"url": url, "description": ""}
        described |= {"md5_checksum": hashlib.md5(self.arff).hexdigest()}
        columns = [*((feature, "numeric", "false") for feature in features),
                   ("class", "nominal", "true")]  # fmt: skip
        self.answers = {
            "/data/list/": {"data": {"dataset": [{"did": 554, "status": "active"}]}},
            "/data/features/": {"data_features": {"feature": [
                {"index": str(i), "name": feature, "data_type": kind,
                 "is_target": is_target, "is_ignore": "false",
                 "is_row_identifier": "false", "number_of_missing_values": "0"}
                for i, (feature, kind, is_target) in enumerate(columns)]}},
            "/data/qualities/": {"data_qualities": {"quality": [
                {"name": "NumberOfInstances", "value": "30.0"}]}},
            "/data/554": {"data_set_description": described},
        }  # fmt: skip

    def https_open(self, request):
        self.requested.append(request.full_url)
        if request.full_url.endswith(".arff"):
            body = self.arff
        else:
            keys = [key for key in self.answers if key in request.full_url]
            body = json.dumps(self.answers[keys[0]]).encode()
        headers = Message()
        headers["Content-Encoding"] = "gzip"
        answer = addinfourl(
            io.BytesIO(gzip.compress(body)), headers, request.full_url, 200
        )
        answer.msg = "OK"
        return answer


@pytest.fixture
def openml(request):
    server = OpenML(request.param)
    urllib.request.install_opener(urllib.request.build_opener(server))
    yield server
    urllib.request.install_opener(None)


@pytest.mark.parametrize("parser", ["pandas", "liac-arff"])
@pytest.mark.parametrize("openml", NAMES, indirect=True)
def test_fetch_through_scikit_learn(tmp_path, monkeypatch, openml, parser):
    if parser == "pandas":
        pytest.importorskip("pandas")
    else:
        monkeypatch.setattr(_openml, "find_spec", lambda name: None)
    name = "mnist" if openml.openml_name == "mnist_784" else "cifar"
    check(name, FETCH[name](data_home=tmp_path))
    asked = f"data_name/{NAMES[name]}/".lower()
    assert any(asked in url.lower() for url in openml.requested)
    assert list(tmp_path.rglob("*.gz"))
    # Then it comes from the cache.
    n_requests = len(openml.requested)
    check(name, FETCH[name](data_home=tmp_path))
    assert len(openml.requested) == n_requests


@pytest.mark.skipif(not MNIST_FILE.exists(), reason="needs ../shared/data/mnist.npz")
def test_split_is_that_of_the_files(stub, monkeypatch):
    loaded = load_mnist(MNIST_FILE)
    counts = {f"{part}_counts": tuple(np.bincount(loaded[f"y_{part}"]).tolist())
              for part in ("train", "test")}  # fmt: skip
    monkeypatch.setattr(mnist, "MNIST", replace(mnist.MNIST, **counts))
    stub.table = Bunch(
        data=np.concatenate([loaded.X_train, loaded.X_test]),
        target=np.concatenate([loaded.y_train, loaded.y_test]).astype(str),
    )
    fetched = fetch_mnist()
    for name in loaded:
        assert_array_equal(fetched[name], loaded[name])
