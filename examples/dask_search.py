"""A search on a Dask cluster that loses a worker, with the results of one process.

The same `GridSearchCV` runs twice: in this process, and on a cluster of two worker
processes, one of which is killed in the middle. Dask gives its work to the other worker
and starts a new one. No result is lost, since both have all data: X, y and the rows of
the folds. On a cluster of many machines only the address is different:
``Client("scheduler:8786")``.

Run it with ``python dask_search.py``; it takes ten seconds. ``--no-death`` kills no
worker. ``--output scores.png`` saves a picture, and needs matplotlib. The example needs
Dask: ``pip install "skdl[dask]"``.
"""

import argparse
import os
import signal
import sys
from pathlib import Path
from threading import Timer
from time import perf_counter

import numpy as np
from joblib import parallel_config
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from skdl import SoftmaxClassifier, Standardizer

try:
    from dask.distributed import Client, LocalCluster
except ImportError:
    sys.exit('This example needs Dask: pip install "skdl[dask]"')

GRID = {
    "softmaxclassifier__alpha": [0.01, 0.1, 1, 10],
    "softmaxclassifier__learning_rate_init": [0.003, 0.01],
}


def timed(search, X, y):
    """Fit a search, and return it with the seconds."""
    start = perf_counter()
    # One BLAS thread, as in Dask's workers: several threads round in another order.
    with threadpool_limits(1, user_api="blas"):
        search.fit(X, y)
    return search, perf_counter() - start


def draw(path, search, died):
    """Save the scores of all candidates that came back from the cluster."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.2), layout="constrained")
    ax = figure.subplots()
    alphas, rates = GRID.values()
    scores = search.cv_results_["mean_test_score"].reshape(len(alphas), len(rates))
    drawn = ax.imshow(scores.T, cmap="viridis", aspect="auto")
    for (column, row), score in np.ndenumerate(scores):
        box = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none"}
        ax.text(column, row, f"{score:.3f}", ha="center", va="center", bbox=box)
    ax.set_xticks(range(len(alphas)), alphas)
    ax.set_yticks(range(len(rates)), rates)
    ax.set(xlabel="alpha", ylabel="learning_rate_init")
    ax.set_title(f"Scores of a cluster with 2 workers, {died} of which died")
    figure.colorbar(drawn, label="accuracy in cross-validation")
    figure.savefig(path, dpi=100)


def main():
    """Search in this process and on a cluster, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--no-death", action="store_true")
    parser.add_argument("--output", type=Path, help="where to save a picture")
    arguments = parser.parse_args()

    X, y = load_digits(return_X_y=True)
    folds = list(StratifiedKFold(3).split(X, y))
    net = SoftmaxClassifier((32,), early_stopping=True, random_state=0)
    search = GridSearchCV(make_pipeline(Standardizer(), net), GRID, cv=folds)
    alone, seconds_alone = timed(clone(search), X, y)

    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=":0",
            silence_logs=50,  # no messages about the killed worker
        ) as cluster,
        Client(cluster) as client,
    ):
        client.amm.stop()  # keep copies of data that Dask considers unused
        workers = client.run(os.getpid)
        kill = getattr(signal, "SIGKILL", signal.SIGTERM)
        death = Timer(seconds_alone / 2, os.kill, (min(workers.values()), kill))
        # All arrays that the fits need. A clone of the search would have other folds.
        data = [X, y, *(rows for fold in search.cv for rows in fold)]
        with parallel_config("dask", scatter=data):
            # Here both workers have the data.
            if not arguments.no_death:
                death.start()
            on_dask, seconds = timed(search, X, y)
        death.cancel()
        client.wait_for_workers(2)
        # A worker that has just died may still be listed.
        alive = client.run(os.getpid, on_error="ignore")
        died = set(workers.values()) - set(alive.values())

    names = [name for name in alone.cv_results_ if name.endswith("test_score")]
    equal = all(
        np.array_equal(alone.cv_results_[name], on_dask.cv_results_[name])
        for name in names
    )
    print(f"fits                     {3 * len(alone.cv_results_['params'])}")
    print(f"seconds in one process   {seconds_alone:.1f}")
    print(f"seconds on Dask          {seconds:.1f}")
    print(f"workers that died        {len(died)} of {len(workers)}")
    print(f"best score               {on_dask.best_score_:.4f}")
    for name, value in on_dask.best_params_.items():
        print(f"  {name.partition('__')[2]:<22} {value}")
    print(f"equal scores             {'yes' if equal else 'no'}")
    if arguments.output:
        draw(arguments.output, on_dask, len(died))
        print(f"\nPicture: {arguments.output.resolve()}")


if __name__ == "__main__":
    main()
