"""The check for labels that are probably wrong."""

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
from scipy.special import softmax
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import gen_batches

from skdl._text import join_names
from skdl.engine.constant_scores import MAX_SCORES
from skdl.inspection.diagnosis._subject import Subject
from skdl.inspection.diagnosis._trial import Budget, run_trial
from skdl.inspection.diagnosis.report import Finding

N_FOLDS = 3
# Nets learn wrong labels last (Arpit et al., "A closer look at memorization in deep
# networks", 2017): a net that is trained briefly contradicts them.
MAX_STEPS = 200
# A row is suspect if a net that has not seen it gives its label at most the first
# probability and another label at least the second. On nine data sets with correct
# labels, up to 1 row in 100 was suspect.
MAX_OWN, MIN_OTHER = 0.05, 0.8
# Fewer suspects than this share of the rows, or this number, are not reported.
MIN_SHARE, MIN_SUSPECTS = 0.02, 5
# Nets are also certain where classes overlap, so that a suspect's nearest neighbours
# have to agree: at most 1 of 10 has its label, and at least 6 have the net's.
N_NEIGHBORS, MAX_OWN_NEIGHBORS, MIN_OTHER_NEIGHBORS = 10, 1, 6
# The hinge loss asks for a margin of 1. This factor turns it into odds of 150 : 1.
MARGIN = 5.0
# If more than this share of a net's certain predictions are wrong, the net knows too
# little to judge labels.
MAX_WRONG = 0.3
# Findings that do not make the net a bad judge of labels.
HARMLESS = {
    "class_imbalance",
    "conflicting_duplicates",
    "constant_columns",
    "overfitting",
    "oversized_net",
    "worse_than_linear",
}


def check_label_noise(
    subject: Subject, budget: Budget, kinds: Collection[str] = ()
) -> Iterator[Finding]:
    """Find rows whose label is contradicted by nets that have not seen the row.

    Source: Northcutt, Jiang & Chuang, "Confident learning: estimating uncertainty in
    dataset labels", 2021, in its simplest form. The check is skipped if the kinds of
    the other findings show that the net does not train as it should.
    """
    if not HARMLESS.issuperset(kinds):
        return
    classes = subject.class_numbers
    if subject.kind != "labels" or classes is None or len(classes) < 10 * N_FOLDS:
        return
    suspects, n_certain, n_wrong = [], 0, 0
    for train, held_out in subject.folds(N_FOLDS, subject.seed + 1):
        if not len(held_out) or budget.left == 0:
            return
        net = run_trial(
            subject, train, budget.share(0.3), MAX_STEPS, is_recorded=False
        ).net
        if net is None:
            return
        known = np.unique(classes[train])
        own, largest, best = _judge(net, subject.X, classes, held_out, known)
        is_certain = largest > MIN_OTHER
        wrong = np.flatnonzero((own < MAX_OWN) & is_certain)
        n_certain, n_wrong = n_certain + int(is_certain.sum()), n_wrong + len(wrong)
        agrees = _neighbors_agree(subject.X, classes, held_out[wrong], best[wrong])
        suspects += [
            (float(own[i]), int(held_out[i]), int(best[i])) for i in wrong[agrees]
        ]
    is_rare = len(suspects) < max(MIN_SUSPECTS, MIN_SHARE * len(classes))
    if is_rare or n_wrong > MAX_WRONG * n_certain:
        return
    own, rows, best = (list(values) for values in zip(*sorted(suspects), strict=True))
    labels = np.unique(subject.plain_labels)
    numbers = subject.row_numbers[rows].tolist()
    first = join_names([str(row) for row in numbers], at_most=10)
    yield Finding(
        "label_noise",
        f"rows {first} (counted from 0)",
        {
            "suspects": len(rows),
            "share_of_rows": len(rows) / len(classes),
            "rows": numbers,
            "labels": labels[classes[rows]].tolist(),
            "predicted_labels": labels[best].tolist(),
            "probability_of_the_label": own,
        },
        {"label_smoothing": 0.1},
    )


def _judge(net, X, classes, rows, known):
    """Return each row's probability of its label, the largest one, and its class."""
    own, largest, best = np.empty(len(rows)), np.empty(len(rows)), np.empty_like(rows)
    # In blocks, as there may be thousands of classes.
    for part in gen_batches(len(rows), max(1, MAX_SCORES // len(known))):
        p = _probabilities(net, X[rows[part]])
        own[part] = p[np.arange(len(p)), np.searchsorted(known, classes[rows[part]])]
        largest[part], best[part] = p.max(axis=1), known[p.argmax(axis=1)]
    return own, largest, best


def _neighbors_agree(X, classes, rows, other):
    """Return for each row whether its nearest neighbours have the other label."""
    if not len(rows):
        return np.zeros(0, bool)
    nearest = NearestNeighbors(n_neighbors=min(N_NEIGHBORS + 1, len(classes))).fit(X)
    neighbors = nearest.kneighbors(X[rows], return_distance=False)
    is_other_row = neighbors != rows[:, np.newaxis]
    has_own = (classes[neighbors] == classes[rows][:, np.newaxis]) & is_other_row
    has_other = classes[neighbors] == other[:, np.newaxis]
    return (has_own.sum(axis=1) <= MAX_OWN_NEIGHBORS) & (
        has_other.sum(axis=1) >= MIN_OTHER_NEIGHBORS
    )


def _probabilities(net: Any, X: Any) -> np.ndarray:
    """Return probabilities of all classes, or a softmax of the margins of an SVM."""
    if hasattr(net, "predict_proba"):
        return net.predict_proba(X)
    scores = net.decision_function(X)
    if scores.ndim == 1:
        scores = np.column_stack([np.zeros_like(scores), scores])
    return softmax(MARGIN * scores, axis=1)
