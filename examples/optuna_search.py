"""A search by Optuna that stops poor nets after a few epochs.

Optuna proposes the width, the penalty and the learning rate of a net. `partial_fit`
trains it one epoch at a time, and reports the score on validation data to the study. A
trial below the median of the other trials at the same epoch is pruned. The best net is
trained again by one call of `fit`, and has the same weights bit for bit: k calls of
`partial_fit` on the same rows equal one `fit` of k epochs.

Run it with ``python optuna_search.py``; it takes some seconds. It needs Optuna:
``pip install "skdl[optuna]"``. ``--output trials.png`` saves a picture, and needs
matplotlib.
"""

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skdl import SoftmaxClassifier

try:
    import optuna
except ImportError:
    sys.exit('This example needs Optuna: pip install "skdl[optuna]"')

N_EPOCHS = 20
X, y = load_digits(return_X_y=True)
X_rest, X_test, y_rest, y_test = train_test_split(X / 16, y, random_state=0)
X_train, X_val, y_train, y_val = train_test_split(X_rest, y_rest, random_state=0)


def make_net(trial):
    """Return a net with the hyper-parameters that a trial proposes."""
    return SoftmaxClassifier(
        (trial.suggest_int("width", 8, 128, log=True),),
        alpha=trial.suggest_float("alpha", 1e-4, 10, log=True),
        learning_rate_init=trial.suggest_float("rate", 1e-5, 0.1, log=True),
        max_iter=N_EPOCHS,
        n_iter_no_change=np.inf,
        random_state=0,
    )


def objective(trial):
    """Return the accuracy on the validation data after the last epoch."""
    net = make_net(trial)
    for epoch in range(N_EPOCHS):
        net.partial_fit(X_train, y_train, classes=np.arange(10))
        score = net.score(X_val, y_val)
        trial.report(score, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    return score


def draw(path, study):
    """Save the score of each trial by epoch: pruned ones end early."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.2), layout="constrained")
    ax = figure.subplots()
    colors = {"PRUNED": ("C1", 0.6), "COMPLETE": ("C0", 0.6)}
    for trial in study.trials:
        values = list(trial.intermediate_values.values())
        color, alpha = colors.get(trial.state.name, ("C3", 1))
        ax.plot(range(1, len(values) + 1), values, color, alpha=alpha)
        ax.plot(len(values), values[-1:] or [np.nan], "o", color=color, markersize=4)
    for name, (color, alpha) in colors.items():
        ax.plot([], [], color, alpha=alpha, label=name.lower())
    ax.set(xlabel="epoch", ylabel="validation accuracy", title="Poor trials end early")
    ax.legend(frameon=False, loc="lower right")
    figure.savefig(path, dpi=100)


def main():
    """Search, train the best net in one call, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--output", type=Path, help="where to save a picture")
    arguments = parser.parse_args()

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=0),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=2),
    )
    # A net that diverges raises ValueError: its trial fails, and the study continues.
    study.optimize(objective, n_trials=arguments.trials, catch=ValueError)

    net = make_net(study.best_trial)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs are a budget
        net.fit(X_train, y_train)
    states = [trial.state.name for trial in study.trials]
    n_epochs = sum(len(trial.intermediate_values) for trial in study.trials)
    print(f"trials                  {len(states)}")
    print(f"  pruned                {states.count('PRUNED')}")
    print(f"  failed                {states.count('FAIL')}")
    print(f"epochs trained          {n_epochs} of {len(states) * N_EPOCHS}")
    for name, value in study.best_params.items():
        print(f"best {name:<18} {value:.3g}")
    print(f"validation accuracy     {study.best_value:.4f}")
    print(f"  of the net trained    {net.score(X_val, y_val):.4f}")
    print(f"test accuracy           {net.score(X_test, y_test):.4f}")
    if arguments.output:
        draw(arguments.output, study)
        print(f"\nPicture: {arguments.output.resolve()}")


if __name__ == "__main__":
    main()
