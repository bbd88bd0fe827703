"""Labels that are probably wrong."""

import numpy as np
from scipy.special import softmax
from sklearn.neighbors import NearestNeighbors

from skdl.inspection._trial import train_clone
from skdl.inspection.report import Finding

__all__ = ["check_label_noise"]

N_FOLDS = 3
# Wrong labels are learned last (Arpit et al., "A closer look at memorization in deep
# networks", 2017): a net that is trained briefly contradicts them.
STEPS = 200
# A row is suspect if a net that has not seen it gives its label so little, and another
# one so much. Of good labels that were up to 1 row in 100 on nine data sets.
OWN, OTHER = 0.05, 0.8
SHARE = 0.02
FEWEST = 5
# Nets are sure where classes overlap, too: so the rows nearest to a suspect have to
# agree. Of so many neighbours at most so few have its label, and so many the net's.
N_NEIGHBORS, OWN_NEIGHBORS, OTHER_NEIGHBORS = 10, 1, 6
# A margin of 1 is what the hinge asks for: with this factor it counts as 150 : 1.
MARGIN = 5.0
# A net that is wrong this often where it is certain knows nothing: columns are not
# scaled, or labels are shuffled.
UNTRUSTED = 0.3
# Findings that say nothing against the net as a judge of labels.
HARMLESS = {
    "class_imbalance",
    "conflicting_duplicates",
    "constant_columns",
    "overfitting",
    "oversized_net",
    "worse_than_linear",
}


def check_label_noise(subject, budget, kinds=()):
    """Find rows whose label a net that has not seen them contradicts with certainty.

    Source: Northcutt, Jiang & Chuang, "Confident learning: estimating uncertainty in
    dataset labels", 2021, of which this is the simplest form. A net that does not train
    as it should, by the kinds of the other findings, is no judge.
    """
    if not HARMLESS.issuperset(kinds):
        return
    if subject.kind != "labels" or len(subject.y) < 10 * N_FOLDS:
        return
    labels, rng = subject.labels, np.random.default_rng(subject.seed + 1)
    suspects, sure, n_bad = [], 0, 0
    for train, held in subject.folds(N_FOLDS, rng):
        if not len(held) or budget.left == 0:
            return
        trial = train_clone(subject, train, None, budget.share(0.3), STEPS)
        if trial.net is None:
            return
        p = _probabilities(trial.net, subject.X[held])
        known = np.searchsorted(np.unique(labels[train]), labels[held])
        own = p[np.arange(len(held)), known]
        certain = p.max(axis=1) > OTHER
        sure += int(certain.sum())
        bad = np.flatnonzero((own < OWN) & certain)
        n_bad += len(bad)
        other = np.unique(labels[train])[p[bad].argmax(axis=1)]
        agreed = bad[_neighbors_agree(subject.X, labels, held[bad], other)]
        suspects += [(float(own[one]), int(held[one])) for one in agreed]
    few = len(suspects) < max(FEWEST, SHARE * len(labels))
    if few or n_bad > UNTRUSTED * sure:
        return
    suspects.sort()
    rows = [int(subject.rows[row]) for _, row in suspects]
    yield Finding(
        "label_noise",
        f"rows {', '.join(map(str, rows[:10]))}" + (" …" if len(rows) > 10 else ""),
        {
            "suspects": len(rows),
            "share_of_rows": len(rows) / len(labels),
            "rows": rows,
            "largest_probability_of_its_label": suspects[-1][0],
        },
        "Nets that had not seen these rows are certain of another label: mistakes of "
        "whoever labelled them, or rows out of step.",
        "Look at the rows, the first ones first, and correct or drop them; "
        "label_smoothing=0.1 makes the net less sure of the rest.",
        {"label_smoothing": 0.1},
    )


def _neighbors_agree(X, labels, rows, other):
    """Tell of each row whether those nearest to it have the other label."""
    if not len(rows):
        return np.zeros(0, bool)
    nearest = NearestNeighbors(n_neighbors=min(N_NEIGHBORS + 1, len(labels))).fit(X)
    around = nearest.kneighbors(X[rows], return_distance=False)
    is_other_row = around != rows[:, np.newaxis]
    own = ((labels[around] == labels[rows][:, np.newaxis]) & is_other_row).sum(axis=1)
    net = (labels[around] == other[:, np.newaxis]).sum(axis=1)
    return (own <= OWN_NEIGHBORS) & (net >= OTHER_NEIGHBORS)


def _probabilities(net, X):
    """Return probabilities of all classes; a softmax of margins, if there are none."""
    if hasattr(net, "predict_proba"):
        return net.predict_proba(X)
    scores = net.decision_function(X)
    if scores.ndim == 1:
        scores = np.column_stack([np.zeros_like(scores), scores])
    return softmax(MARGIN * scores, axis=1)
