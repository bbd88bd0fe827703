"""The objects of a log; what it shares with others is in test_file_logger.py."""

import json
import math

import numpy as np
import pytest

from skdl import MLPClassifier
from skdl.callbacks import JSONLinesLogger


def test_text_of_lines():
    logger = JSONLinesLogger("log.jsonl")
    assert logger.head({"loss": []}) == ""
    numbers = {"loss": 0.1, "a": math.nan, "b": math.inf, "c": -math.inf}
    line = logger.line(3, numbers)
    assert line == '{"epoch": 3, "loss": 0.1, "a": null, "b": 1e999, "c": -1e999}\n'
    assert json.loads(line) == {"epoch": 3, **numbers, "a": None}


def test_pandas_reads_it(X, y, tmp_path, fit):
    pandas = pytest.importorskip("pandas")
    net = MLPClassifier(3, max_iter=4, random_state=0)
    net = fit(net, X, y, JSONLinesLogger(tmp_path / "log.jsonl"))
    table = pandas.read_json(tmp_path / "log.jsonl", lines=True, precise_float=True)
    assert table["epoch"].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(table["loss"], net.loss_curve_, rtol=1e-14)
    assert table["validation_loss"].isna().all()
