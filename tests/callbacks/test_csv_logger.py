"""The rows of a table; what it shares with other logs is in test_file_logger.py."""

import numpy as np

from skdl.callbacks import CSVLogger


def test_text_of_rows():
    logger = CSVLogger("log.csv")
    assert logger.head({"loss": [], "time": []}) == "epoch,loss,time\n"
    assert logger.line(3, {"loss": 0.1, "time": np.nan}) == "3,0.1,nan\n"
