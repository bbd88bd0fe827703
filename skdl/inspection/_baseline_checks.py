"""Findings from a comparison with the simplest models: a constant, a linear one."""

from dataclasses import replace

from scipy.sparse import issparse

from skdl.inspection._scores import (
    constant_score,
    has_score,
    metric_name,
    scale_of,
    score_of,
)
from skdl.inspection._subject import make_net
from skdl.inspection._trial import train_clone
from skdl.inspection.report import Finding
from skdl.preprocessing import Standardizer

__all__ = ["MIN_HELD", "check_baselines", "train_linear"]

# With fewer rows held out, scores are too rough to compare.
MIN_HELD = 20
# Differences below so many standard errors of the paired rows are taken for noise: one
# false alarm in 160 honest comparisons (one-sided, normal).
N_ERRORS = 2.5
# Smaller differences are nobody's concern, however sure they are.
WORTH = 0.01
# Of the way from a constant's score to 1: if that much is reached, X says something.
WEAK = 0.1
# A constant leaves more than this to gain.
ALMOST_ALWAYS_RIGHT = 0.1
# More parameters than this per row are too many for what a linear model does as well.
# The default of 100 units has 5 to 15 on a few hundred rows.
MANY_PARAMETERS = 30
# Of the linear model, iterations of L-BFGS; most converge before.
LINEAR_STEPS = 100


def train_linear(subject, max_time):
    """Train the net without hidden layers, on standardized columns, by L-BFGS.

    Returns
    -------
    trial : Trial
        On the subject's training rows, with the held ones held.
    scaled : Subject
        With the columns as this net gets them, to be scored as the subject's net.
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
    scaled = replace(subject, net=plain, X=X)
    held = subject.held if len(subject.held) else None
    trial = train_clone(scaled, subject.train, held, max_time, LINEAR_STEPS)
    return trial, replace(scaled, net=subject.net)


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
    if trial.net is None or len(rows) < MIN_HELD or not has_score(subject, trial, rows):
        return
    name = metric_name(subject)
    net, constant = score_of(subject, trial, rows), constant_score(subject, trial, rows)
    facts[f"{name} of unseen rows"] = net.value
    facts[f"{name} of a constant"] = constant.value
    sizes = {
        "metric": name,
        "score": net.value,
        "score_of_a_constant": constant.value,
        "rows_compared": len(rows),
    }
    factor, way = scale_of(subject, constant)
    gain, error = net.gain_over(constant)
    # With few rows a weak signal is not sure either, and no reason for an alarm: one
    # standard error is enough.
    hopeless = factor * gain < max(WORTH, min(factor * error, WEAK * way))
    # Accuracy cannot rise where a constant is right almost always: balance decides.
    if hopeless and way > ALMOST_ALWAYS_RIGHT:
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
    other = score_of(linear[1], linear[0], rows)
    facts[f"{name} of a linear model"] = other.value
    sizes |= {"score_of_a_linear_model": other.value}
    gain, error = net.gain_over(other)
    n_parameters = int(trial.network.parameters.size)
    if not trial.network.activations:
        return
    if factor * gain < -max(WORTH, N_ERRORS * factor * error):
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
