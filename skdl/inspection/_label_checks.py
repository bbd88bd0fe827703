"""Labels that are probably wrong."""

import numpy as np
from scipy.special import softmax

from skdl.inspection._trial import train_clone
from skdl.inspection.report import Finding

__all__ = ["check_label_noise"]

N_FOLDS = 3
# Wrong labels are learned last (Arpit et al., "A closer look at memorization in deep
# networks", 2017): a net that is trained briefly contradicts them.
STEPS = 200
# A row is suspect if a net that has not seen it gives its label so little, and another
# one so much. Of good labels that were up to 1 row in 70 on nine data sets.
OWN, OTHER = 0.05, 0.8
SHARE = 0.02
FEWEST = 5
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
    suspects, sure = [], 0
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
        bad = (own < OWN) & certain
        suspects += [
            (float(one), int(row)) for one, row in zip(own[bad], held[bad], strict=True)
        ]
    few = len(suspects) < max(FEWEST, SHARE * len(labels))
    if few or len(suspects) > UNTRUSTED * sure:
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


def _probabilities(net, X):
    """Return probabilities of all classes, of margins by a softmax."""
    if hasattr(net, "predict_proba"):
        return net.predict_proba(X)
    scores = net.decision_function(X)
    if scores.ndim == 1:
        scores = np.column_stack([np.zeros_like(scores), scores])
    return softmax(scores, axis=1)
