"""Checks of the data alone: columns, targets, classes, duplicates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.metrics import get_scorer
from sklearn.utils import get_tags

from skdl._sklearn import scorer_function
from skdl._text import join_names
from skdl.engine.column_scales import ColumnScales, unscaled_targets
from skdl.estimators._internal_api import first_metric, scales_columns
from skdl.inspection.diagnosis._subject import Subject
from skdl.inspection.diagnosis.report import Finding

# Border pixels and rare words are 0 in all rows of a small sample, and do no harm. If
# more columns than this are 0, something is missing.
MANY_ZERO_COLUMNS = 1 / 4
# With classes of 1 : 10, 9 rows in 10 are correct without the rare class. He & Garcia,
# "Learning from imbalanced data", 2009, speak of imbalance from here on.
IMBALANCE = 10.0
# Metrics of the order of the rows. A frequent class does not dominate them.
RANKING = {
    "average_precision_score",
    "label_ranking_average_precision_score",
    "roc_auc_score",
}


def data_facts(subject: Subject) -> dict[str, Any]:
    """Return ranges and sizes of the data."""
    values = subject.X.data if issparse(subject.X) else subject.X
    facts: dict[str, Any] = {}
    if values.size:
        facts["inputs"] = (float(values.min()), float(values.max()))
    if subject.kind == "numbers":
        facts["targets"] = (float(subject.y.min()), float(subject.y.max()))
    elif subject.kind == "labels":
        facts["classes"] = len(np.unique(subject.all_y))
    return facts


def check_columns(subject: Subject) -> Iterator[Finding]:
    """Find columns that are not scaled, and constant columns.

    A net with `standardize` scales the columns itself: constant ones become 0.
    """
    scales = ColumnScales.of(subject.X)
    columns, is_constant = scales.unscaled, scales.is_constant
    is_scaled_by_net = scales_columns(subject.net, subject.X)
    if len(columns) and not is_scaled_by_net:
        yield Finding(
            "unscaled_columns",
            _name_columns(subject, columns),
            {
                "columns": [subject.names[i] for i in columns],
                "root_mean_squares": scales.rms[columns].tolist(),
                "median_of_all_columns": float(np.median(scales.rms)),
            },
            {} if issparse(subject.X) else {"standardize": True},
        )
    is_zero = is_constant & (scales.largest == 0)
    is_suspect = is_constant & ~is_zero
    if not issparse(subject.X) and is_zero.mean() > MANY_ZERO_COLUMNS:
        is_suspect |= is_zero
    if is_suspect.any():
        columns = np.flatnonzero(is_suspect)
        yield Finding(
            "constant_columns",
            _name_columns(subject, columns),
            {
                "columns": [subject.names[i] for i in columns],
                "values": scales.mean[columns].tolist(),
            },
            severity="note" if is_scaled_by_net else None,
        )


def _name_columns(subject, columns):
    """Return "column 3", or "columns 'age', 'income' and 2 more"."""
    names = join_names([repr(subject.names[i]) for i in columns])
    return f"column{'s' * (len(columns) > 1)} {names}"


def check_targets(subject: Subject) -> Iterator[Finding]:
    """Find targets that are all equal, and numbers far from mean 0 and deviation 1.

    A net with `standardize_target` scales the numbers itself. Losses that work with a
    logarithm (``loss="poisson"``) take numbers of any size.
    """
    if (subject.all_y == subject.all_y[:1]).all():
        yield Finding("constant_targets", "y", {"rows": len(subject.all_y)})
    tags = get_tags(subject.net).target_tags
    if subject.kind != "numbers" or (tags is not None and tags.positive_only):
        return
    if subject.net.standardize_target:
        return
    y = subject.y.reshape(len(subject.y), -1)
    # Constant targets have their own finding.
    mean, deviation, is_far = unscaled_targets(y)
    if is_far.any():
        where = "y" if y.shape[1] == 1 else join_names(
            [f"output {i}" for i in np.flatnonzero(is_far)]
        )  # fmt: skip
        yield Finding(
            "unscaled_targets",
            where,
            {
                "mean": mean[is_far].tolist(),
                "standard_deviation": deviation[is_far].tolist(),
            },
            {"standardize_target": True},
        )


def check_class_imbalance(subject: Subject) -> Iterator[Finding]:
    """Find classes, or labels, of very different size, without `class_weight`."""
    if getattr(subject.net, "class_weight", None) is not None:
        return
    y, weights = subject.all_y, subject.all_weights
    if subject.kind == "labels":
        tables = {"": _class_sizes(y, weights)}
    elif subject.kind == "indicator":
        tables = {
            f"label {j}": {0: 0, 1: 0} | _class_sizes((c != 0).astype(int), weights)
            for j, c in enumerate(y.T)
        }
    elif subject.kind == "columns":
        tables = {f"output {j}": _class_sizes(c, weights) for j, c in enumerate(y.T)}
    else:
        return
    found = {
        name: sizes
        for name, sizes in tables.items()
        if len(sizes) > 1 and max(sizes.values()) > IMBALANCE * min(sizes.values())
    }
    if found:
        rare = [
            f"{name} class {str(min(sizes, key=sizes.get))!r}".strip()
            for name, sizes in found.items()
        ]
        first = {str(label): size for label, size in next(iter(found.values())).items()}
        yield Finding(
            "class_imbalance",
            join_names(rare),
            {"rows" if weights is None else "weight": first},
            severity="note" if _ranks(subject.net) else None,
        )


def _ranks(net):
    """Return whether the net is already scored by the order of the rows."""
    scoring = first_metric(net.scoring)
    if scoring is None or scoring == "loss":
        return False
    function, _ = scorer_function(get_scorer(scoring))
    return getattr(function, "__name__", "") in RANKING


def _class_sizes(y, weights):
    """Return the number of rows of each label, or the sum of their weights."""
    labels, numbers = np.unique(y, return_inverse=True)
    sizes = np.bincount(numbers.ravel(), weights).tolist()
    return dict(zip(labels.tolist(), sizes, strict=True))


def check_duplicates(subject: Subject) -> Iterator[Finding]:
    """Find rows that are equal in X and have different labels."""
    if subject.kind == "numbers":
        return
    groups: dict[Any, list[int]] = {}
    for i, row in enumerate(_row_keys(subject.X)):
        groups.setdefault(row, []).append(i)
    y = subject.y if subject.class_numbers is None else subject.class_numbers
    conflicts = [
        rows
        for rows in groups.values()
        if len(rows) > 1 and not all(np.array_equal(y[rows[0]], y[i]) for i in rows)
    ]
    if conflicts:
        n_rows = sum(map(len, conflicts))
        numbers = [sorted(subject.row_numbers[rows].tolist()) for rows in conflicts]
        first = join_names([str(number) for number in numbers[0]])
        yield Finding(
            "conflicting_duplicates",
            f"rows {first} (counted from 0)",
            {
                "rows_in_conflict": n_rows,
                "share_of_rows": n_rows / len(subject.y),
                "groups": numbers,
            },
        )


def _row_keys(X):
    """Yield a hashable key for each row, equal for equal rows."""
    if issparse(X):
        X = X.copy()
        X.sum_duplicates()
        for start, stop in zip(X.indptr[:-1], X.indptr[1:], strict=True):
            part = slice(start, stop)
            yield X.indices[part].tobytes(), X.data[part].tobytes()
        return
    # + 0 turns -0.0 into 0.0.
    for row in np.ascontiguousarray(X) + 0:
        yield row.tobytes()
