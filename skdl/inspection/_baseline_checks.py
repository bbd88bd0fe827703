"""Findings from a comparison with the simplest models: a constant, a linear one."""

import numpy as np
from scipy.sparse import issparse

from skdl.inspection._losses import row_losses
from skdl.inspection._subject import make_net
from skdl.inspection._trial import train_clone
from skdl.inspection.report import Finding
from skdl.preprocessing import Standardizer

__all__ = [
    "check_baselines",
    "constant_scores",
    "held_scores",
    "tells_apart",
    "train_linear",
]

# With fewer rows held out, scores are too rough to compare.
MIN_HELD = 20
# Differences below so many standard errors of the paired rows are taken for noise: one
# false alarm in 160 honest comparisons (one-sided, normal).
N_ERRORS = 2.5
# Smaller differences are nobody's concern, however sure they are.
WORTH = 0.01
# Of the way from a constant's score to 1: if that much is reached, X says something.
WEAK = 0.1
# More parameters than this per row are too many for what a linear model does as well.
# The default of 100 units has 5 to 15 on a few hundred rows.
MANY_PARAMETERS = 30
# Of the linear model, iterations of L-BFGS; most converge before.
LINEAR_STEPS = 100


def held_scores(subject, trial, rows):
    """Return the score of each held row, (n_rows,): their mean is the score.

    Of a classifier, the share of the row's labels that are right. Of a regressor,
    1 - J / J̄, where J̄ is the mean loss of the best constant: R² for squared errors.

    Parameters
    ----------
    subject : Subject
    trial : Trial
        With those rows held, and not diverged.
    rows : ndarray of int
    """
    if subject.kind != "numbers":
        predicted, y = trial.net.predict(subject.X[rows]), subject.y[rows]
        if subject.kind == "soft":
            y = y.argmax(axis=1)
        right = np.asarray(predicted) == y
        return right.reshape(len(rows), -1).mean(axis=1)
    held, sample = trial.held, trial.sample
    scores = trial.net._raw_scores(subject.X[rows])
    return 1 - row_losses(sample.loss, scores, held.targets, held.table) / _spread(
        trial
    )


def constant_scores(subject, trial, rows):
    """Return the scores of held rows that all get what suits the training rows best."""
    if subject.kind == "numbers":
        held, sample = trial.held, trial.sample
        constant = np.tile(sample.constant, (len(rows), 1))
        losses = row_losses(sample.loss, constant, held.targets, held.table)
        return 1 - losses / _spread(trial)
    y = subject.y.argmax(axis=1) if subject.kind == "soft" else subject.y
    columns = y.reshape(len(y), -1)
    right = []
    for column in columns.T:
        labels, counts = np.unique(column[subject.train], return_counts=True)
        right.append(column[rows] == labels[counts.argmax()])
    return np.mean(right, axis=0)


def tells_apart(subject, trial):
    """Tell whether held rows can be scored: numbers that are all equal have no R²."""
    return subject.kind != "numbers" or _spread(trial) > np.finfo(float).tiny


def _spread(trial):
    """Return the mean loss of the best constant on the held rows."""
    held, sample = trial.held, trial.sample
    constant = np.tile(sample.constant, (len(held.targets), 1))
    losses = row_losses(sample.loss, constant, held.targets, held.table)
    return max(float(losses.mean()), np.finfo(float).tiny)


def train_linear(subject, max_time):
    """Train the net without hidden layers, on standardized columns, by L-BFGS.

    Returns
    -------
    trial : Trial
        On the subject's training rows, with the held ones held.
    scaled : Subject
        With the columns as this net gets them.
    """
    scaler = None if issparse(subject.X) else Standardizer()
    X = subject.X
    if scaler is not None:
        X = scaler.fit(X[subject.train]).transform(X)
    plain = make_net(
        subject.net, hidden_layer_sizes=(), activation="relu", solver="lbfgs",
        alpha=1.0, penalty="l2", learning_rate="constant", dropout=None,
        normalization=None, residual=False, weight_init=None, max_grad_norm=None,
        max_iter=LINEAR_STEPS, max_time=None, early_stopping=False, scoring=None,
        max_restarts=0, validation_split=None, standardize=False, augment=None,
        image_shape=None,
    )  # fmt: skip
    scaled = type(subject)(
        plain, X, subject.y, subject.rows, subject.names, subject.all_y,
        subject.kind, subject.seed,
    )  # fmt: skip
    held = subject.held if len(subject.held) else None
    trial = train_clone(scaled, subject.train, held, max_time, LINEAR_STEPS)
    return trial, scaled


def check_baselines(subject, trial, linear, facts):
    """Compare a trial on the rows that it has not seen with the two simplest models.

    Parameters
    ----------
    subject : Subject
    trial : Trial
    linear : (Trial, Subject), or None
        What `train_linear` returned.
    facts : dict
        Gets the scores.
    """
    rows = subject.held
    if trial.net is None or len(rows) < MIN_HELD or not tells_apart(subject, trial):
        return
    name = "R²" if subject.kind == "numbers" else "accuracy"
    net = held_scores(subject, trial, rows)
    constant = constant_scores(subject, trial, rows)
    facts[f"{name} of unseen rows"] = float(net.mean())
    facts[f"{name} of a constant"] = float(constant.mean())
    sizes = {
        "score": float(net.mean()),
        "score_of_a_constant": float(constant.mean()),
        "rows_compared": len(rows),
    }
    gain, error = _paired(net, constant)
    # With few rows a weak signal is not sure either, and no reason for an alarm.
    hopeless = gain < max(WORTH, min(N_ERRORS * error, WEAK * (1 - constant.mean())))
    # Accuracy cannot rise where a constant is right almost always: balance decides.
    if hopeless and constant.mean() < 0.9:
        yield Finding(
            "no_better_than_chance",
            "",
            sizes | {"standard_error": error},
            "X says nothing about y that this net can use: labels may be shuffled, or "
            "rows of X and y out of step, if it does well on the rows it trains on.",
            "Print some rows with their labels; then work through the other findings.",
        )
    if linear is None or linear[0].net is None:
        return
    other = held_scores(linear[1], linear[0], rows)
    facts[f"{name} of a linear model"] = float(other.mean())
    sizes |= {"score_of_a_linear_model": float(other.mean())}
    gain, error = _paired(net, other)
    n_parameters = int(trial.network.parameters.size)
    if not trial.network.activations:
        return
    if gain < -max(WORTH, N_ERRORS * error):
        yield Finding(
            "worse_than_linear",
            "",
            sizes | {"standard_error": error, "epochs": trial.n_epochs},
            "The hidden layers cost more than they bring: training goes wrong, the net "
            "overfits, or y depends on X in a linear way.",
            "Cure the other findings first; else take hidden_layer_sizes=() and a "
            "larger alpha.",
        )
    elif gain <= N_ERRORS * error and n_parameters > MANY_PARAMETERS * len(subject.y):
        yield Finding(
            "oversized_net",
            "",
            sizes | {"parameters": n_parameters, "rows": len(subject.y)},
            "What can be learned here is close to linear, or the rows are too few for "
            "the hidden layers to show what they can.",
            "Take fewer units, or none.",
            {"hidden_layer_sizes": ()},
        )


def _paired(ours, theirs):
    """Return the mean difference of two models on the same rows, and its error."""
    difference = ours - theirs
    return float(difference.mean()), float(difference.std() / np.sqrt(len(difference)))
