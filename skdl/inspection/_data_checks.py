"""Findings about the data alone: columns, targets, classes, duplicates."""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.sparsefuncs import mean_variance_axis

from skdl.inspection.report import Finding

__all__ = [
    "check_class_imbalance",
    "check_columns",
    "check_duplicates",
    "check_targets",
    "column_statistics",
    "data_facts",
]

# A standardized column has a root mean square of 1, one from 0 to 1 less. From about 10
# on, one column's share of a unit's input drowns all others, and its gradient, too.
LARGE_RMS = 10.0
# A column that is so much smaller than its neighbours is as good as absent: its weight
# would have to grow a hundredfold. Rare pixels and words reach a tenth of the others.
SMALL_SHARE = 0.01
# Weights start for rows of a length around the root of the number of columns; that of
# a document is 1, however many words there are. Rows so short are all alike to a net.
SHORT = 0.01
# Border pixels and rare words are zero in a small sample, and move no weight; when so
# many columns are, something is missing.
ZERO_SHARE = 1 / 4
# Starting weights give outputs of size 1, and biases reach a mean of 10 in thousands of
# Adam's steps of 1e-3.
TARGET_SIZES = (0.1, 10.0)
# The rarest class is a tenth of the most frequent one: 9 rows in 10 are right without
# it. He & Garcia, "Learning from imbalanced data", 2009, call 1 : 10 and beyond so.
IMBALANCE = 10.0
# Rows in conflict that hardly matter to training.
FEW_CONFLICTS = 0.01
NAMED = 5


def data_facts(subject):
    """Return ranges and sizes, whatever they are."""
    data = subject.X.data if issparse(subject.X) else subject.X
    facts = {}
    if data.size:
        facts["inputs"] = (float(data.min()), float(data.max()))
    if subject.kind == "numbers":
        facts["targets"] = (float(subject.y.min()), float(subject.y.max()))
    elif subject.kind == "labels":
        facts["classes"] = len(np.unique(subject.all_y))
    return facts


def column_statistics(X):
    """Return mean, variance and largest size of each column, dense or sparse."""
    if issparse(X):
        mean, variance = mean_variance_axis(X.astype(np.float64), axis=0)
        return mean, variance, np.ravel(abs(X).max(axis=0).toarray()).astype(float)
    X = X.astype(np.float64, copy=False)
    return X.mean(axis=0), X.var(axis=0), np.abs(X).max(axis=0)


def check_columns(subject):
    """Find columns that are not scaled, and constant ones.

    A net with `standardize` scales them itself.

    Sources: LeCun et al., "Efficient BackProp", 1998, on scaled and centred inputs.
    """
    mean, variance, largest = column_statistics(subject.X)
    rms = np.sqrt(mean**2 + variance)
    # Rounding leaves a constant 0.1 a variance that is not quite zero.
    constant = variance <= (1e-7 * largest) ** 2
    used = largest[~constant]
    small = np.zeros(len(rms), bool)
    if len(used):
        small = ~constant & (largest < SMALL_SHARE * np.median(used))
        small |= ~constant & (np.linalg.norm(rms) < SHORT)
    unscaled = (~constant & (rms > LARGE_RMS)) | small
    if unscaled.any() and not subject.net.standardize:
        order = np.flatnonzero(unscaled)
        # The farthest from a size of 1 come first.
        order = order[np.argsort(-np.abs(np.log(rms[order])), kind="stable")]
        yield Finding(
            "unscaled_columns",
            _named(subject, order),
            {
                "root_mean_squares": [float(one) for one in rms[order]],
                "columns": [int(one) for one in order],
                "median_of_all_columns": float(np.median(rms)),
            },
            "One learning rate has to serve all columns; a large one drives the steps "
            "and saturates units, and a small one is hardly seen.",
            "Put a Standardizer before the net, or let the net do it: "
            "standardize=True.",
            {} if issparse(subject.X) else {"standardize": True},
        )
    zero = constant & (largest == 0)
    found = constant & ~zero
    if not issparse(subject.X) and zero.mean() > ZERO_SHARE:
        found |= zero
    if found.any():
        columns = np.flatnonzero(found)
        yield Finding(
            "constant_columns",
            _named(subject, columns),
            {
                "values": [float(mean[one]) for one in columns],
                "columns": [int(one) for one in columns],
            },
            "A column without variation tells rows apart no more than a bias does; "
            "often something went wrong when it was read or computed.",
            "Look where it comes from, or drop it: VarianceThreshold() before the net.",
        )


def _named(subject, columns):
    said = ", ".join(subject.names[one] for one in columns[:NAMED])
    more = len(columns) - NAMED
    return said + (f" and {more} more" if more > 0 else "")


def check_targets(subject):
    """Find targets that are all equal, and numbers far from mean 0 and deviation 1.

    Of losses that go by a logarithm (``loss="poisson"``) y may have any size.
    """
    if (subject.all_y == subject.all_y[:1]).all():
        yield Finding(
            "constant_targets",
            "y",
            {"rows": len(subject.all_y)},
            "There is nothing to learn: the same answer is right for every row. Most "
            "often rows of one kind were read, or y is the wrong column.",
            "Look where y comes from.",
        )
    if subject.kind != "numbers" or subject.net._needs_counts():
        return
    y = subject.y.reshape(len(subject.y), -1).astype(np.float64)
    mean, deviation = y.mean(axis=0), y.std(axis=0)
    low, high = TARGET_SIZES
    # A constant target is the baseline's business.
    far = (np.abs(mean) > high) | (deviation > high)
    far |= (deviation < low) & (deviation > 0)
    if far.any():
        several = y.shape[1] > 1
        yield Finding(
            "unscaled_targets",
            ", ".join(f"output {i}" for i in np.flatnonzero(far)) if several else "y",
            {
                "mean": [float(one) for one in mean[far]],
                "standard_deviation": [float(one) for one in deviation[far]],
            },
            "The net starts with outputs of size 1, and gradients are as large as the "
            "targets: the rate, tol and alpha would have to fit their unit.",
            "Put the net into TransformedTargetRegressor(net, "
            "transformer=StandardScaler()).",
        )


def check_class_imbalance(subject):
    """Find classes, or labels, of very different frequency, unless they are weighed."""
    if subject.net is None or getattr(subject.net, "class_weight", None) is not None:
        return
    y, weights = subject.all_y, subject.all_weights
    if subject.kind == "labels":
        tables = {"": _counts(y, weights)}
    elif subject.kind == "indicator":
        tables = {
            f"label {j}": {0: 0, 1: 0} | _counts((c != 0).astype(int), weights)
            for j, c in enumerate(y.T)
        }
    elif subject.kind == "columns":
        tables = {f"output {j}": _counts(c, weights) for j, c in enumerate(y.T)}
    else:
        return
    found = {}
    for name, counts in tables.items():
        rarest, largest = min(counts.values()), max(counts.values())
        if len(counts) > 1 and largest > IMBALANCE * rarest:
            found[name] = {str(label): n for label, n in counts.items()}
    if found:
        rare = [
            f"{name} class {min(counts, key=counts.get)!r}".strip()
            for name, counts in found.items()
        ]
        yield Finding(
            "class_imbalance",
            ", ".join(rare[:NAMED]),
            {"rows" if weights is None else "weight": next(iter(found.values()))},
            "The frequent class decides most of each gradient and nearly all of the "
            "accuracy.",
            f"Weigh the classes{_and_score(subject.net)}, or collect rows of the rare "
            "one.",
            {"class_weight": "balanced"},
        )


def _counts(y, weights):
    """Return how many rows each label has, or what they weigh together."""
    labels, numbers = np.unique(y, return_inverse=True)
    counts = np.bincount(numbers.ravel(), weights).tolist()
    return dict(zip(labels.tolist(), counts, strict=True))


def _and_score(net):
    is_plain = net.scoring in (None, "accuracy")
    return ", and score by balanced accuracy" if is_plain else ""


def check_duplicates(subject):
    """Find rows that are equal in X and have different labels."""
    if subject.kind == "numbers":
        return
    groups = {}
    for i, row in enumerate(_keys(subject.X)):
        groups.setdefault(row, []).append(i)
    y = subject.y if subject.labels is None else subject.labels
    conflicts = [
        rows
        for rows in groups.values()
        if len(rows) > 1 and not all(np.array_equal(y[rows[0]], y[i]) for i in rows)
    ]
    if conflicts:
        n_rows = sum(map(len, conflicts))
        is_rare = n_rows < FEW_CONFLICTS * len(subject.y)
        yield Finding(
            "conflicting_duplicates",
            _said_rows(subject.rows[conflicts[0]]),
            {
                "rows_in_conflict": n_rows,
                "share_of_rows": n_rows / len(subject.y),
                "groups": [[int(r) for r in subject.rows[g]] for g in conflicts],
            },
            "No net can be right about all of them: labels are wrong, or a column that "
            "tells these rows apart is missing.",
            "Look at the rows; correct or drop them, or add the missing column.",
            severity="note" if is_rare else "",
        )


def _said_rows(rows):
    said = ", ".join(map(str, sorted(int(row) for row in rows)[:NAMED]))
    return f"rows {said}" + (" …" if len(rows) > NAMED else "")


def _keys(X):
    """Yield something hashable for each row, equal for equal rows."""
    if issparse(X):
        X = X.copy()
        X.sum_duplicates()
        for start, stop in zip(X.indptr[:-1], X.indptr[1:], strict=True):
            part = slice(start, stop)
            yield X.indices[part].tobytes(), X.data[part].tobytes()
        return
    # + 0 makes a 0.0 of a -0.0.
    for row in np.ascontiguousarray(X) + 0:
        yield row.tobytes()
