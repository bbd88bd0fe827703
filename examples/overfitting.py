"""Overfitting: polynomials up to order 9 through a dozen noisy points of a line.

The truth is y = x, and measurements have noise of standard deviation 2. A polynomial is
a linear net on the powers of x, so ``MLPRegressor`` without hidden layers fits it, in a
pipeline that computes and standardizes the powers. Three fits are compared, each for
the orders 1 to 9:

1. 12 points and no penalty. With a higher order the curve comes closer to the points,
   but moves away from the line, most of all at the ends. The training error falls while
   the validation error, at new points, rises. The coefficients become large and cancel
   one another.
2. The same points with an L2 penalty on the coefficients, ``alpha=1``. The order is
   still too high, but large coefficients now cost more than they gain.
3. 24 points and no penalty. More data also smooth the curve, if they can be had.

The numbers are medians over 15 sets of points; the curves show the first set. Run it
with ``python overfitting.py``; it takes a few seconds. ``--output`` sets the path of
the picture, which needs matplotlib: ``pip install skdl[plot]``. ``--seed`` draws other
points.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.metrics import root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from skdl import MLPRegressor, Standardizer

ORDERS = range(1, 10)
SHOWN_ORDERS = {1: "tab:green", 5: "tab:orange", 9: "tab:red"}
NOISE = 2.0  # standard deviation of y about the line
N_SETS = 15
N_VALIDATION = 200
FITS = {  # name: (points, alpha)
    "12 points, no penalty": (12, 0.0),
    "12 points, L2 (alpha = 1)": (12, 1.0),
    "24 points, no penalty": (24, 0.0),
}
COLORS = ["tab:red", "tab:blue", "tab:purple"]  # of the fits


def noisy_line(x, rng):
    """Return X and y: noisy measurements of y = x at the inputs x."""
    return x[:, np.newaxis], x + rng.normal(0, NOISE, x.shape)


def make_points(n, seed):
    """Return (X, y) of n training points, and of validation points; 0 <= x <= 20."""
    rng = np.random.default_rng(seed)
    # One point in each n-th part of the range, so that there are no large gaps.
    train = noisy_line((np.arange(n) + rng.uniform(size=n)) * 20 / n, rng)
    return train, noisy_line(rng.uniform(0, 20, N_VALIDATION), rng)


def make_model(order, alpha):
    """Return a model of a polynomial of x, with standardized powers.

    The objective is half the mean squared error plus alpha / (2 n) · ‖c‖², c being the
    coefficients of the standardized powers: scikit-learn's `Ridge` of the same alpha.
    """
    return make_pipeline(
        # Powers of x itself are nearly parallel. Those of a centered x are less so: the
        # condition number of order 9 falls from 1e7 to 3e3.
        Standardizer(),
        PolynomialFeatures(order, include_bias=False),
        Standardizer(),
        MLPRegressor(
            hidden_layer_sizes=(),
            solver="lbfgs",
            alpha=alpha,
            tol=1e-6,  # stopping early would act like a penalty
            max_iter=20_000,
            max_fun=40_000,
            random_state=0,
        ),
    )


def measure(order, n, alpha, seed):
    """Fit one set; return training error, validation error, ‖c‖ and iterations."""
    train, validation = make_points(n, seed)
    model = make_model(order, alpha).fit(*train)
    errors = [
        root_mean_squared_error(y, model.predict(X)) for X, y in (train, validation)
    ]
    net = model[-1]
    return [*errors, np.linalg.norm(net.coef_), net.n_iter_]


def medians(n, alpha, seed):
    """Return the median over the sets of each measure for each order, (4, 9)."""
    seeds = range(seed, seed + N_SETS)
    measured = [[measure(order, n, alpha, s) for s in seeds] for order in ORDERS]
    return np.median(measured, axis=1).T


def print_table(results):
    """Print errors, norm and iterations against the order."""
    head = f"{'train':>8}{'valid':>8}{'‖c‖':>8}{'iter':>6}"
    print("       " + "".join(f"{name:^32}" for name in results))
    print("order  " + "  ".join([head] * len(results)))
    print("-" * 101)
    for row, order in enumerate(ORDERS):
        cells = [
            f"{train:8.2f}{valid:8.2f}{norm:8.1f}{iterations:6.0f}"
            for train, valid, norm, iterations in (r[:, row] for r in results.values())
        ]
        print(f"{order:^7}" + "  ".join(cells))


def draw_curves(ax, name, seed):
    """Draw the points of the first set and polynomials through them."""
    n, alpha = FITS[name]
    (X, y), _ = make_points(n, seed)
    grid = np.linspace(0, 20, 400)[:, np.newaxis]
    ax.plot(grid, grid, color="0.6", linestyle="--", label="truth: y = x")
    for order, color in SHOWN_ORDERS.items():
        curve = make_model(order, alpha).fit(X, y).predict(grid)
        ax.plot(grid, curve, color=color, label=f"order {order}")
    ax.plot(X, y, "o", color="black", markersize=5, label="training points")
    ax.set(title=name, xlabel="x", ylabel="y", xlim=(0, 20), ylim=(-8, 32))
    ax.set_xticks(range(0, 21, 5))


def draw(path, results, seed):
    """Save curves, errors and norms; return whether matplotlib is installed."""
    try:
        from matplotlib.figure import Figure  # unlike pyplot, opens no window
    except ImportError:
        return False
    figure = Figure(figsize=(13, 8), layout="constrained")
    curves, (both, validation, norms) = figure.subplots(2, 3)
    for ax, name in zip(curves, FITS, strict=True):
        draw_curves(ax, name, seed)
        ax.legend(loc="upper left", ncols=2, frameon=False)

    train_error, validation_error, *_ = results["12 points, no penalty"]
    both.plot(ORDERS, validation_error, "o-", color=COLORS[0], label="validation")
    both.plot(ORDERS, train_error, "s--", color=COLORS[0], label="training")
    both.set_title("12 points, no penalty: the errors diverge")
    for color, (name, (_, valid, norm, _)) in zip(COLORS, results.items(), strict=True):
        validation.plot(ORDERS, valid, "o-", color=color, label=name)
        norms.plot(ORDERS, norm, "o-", color=color, label=name)
    validation.set_title("Validation error: penalty and data help")
    norms.set_title("Size of the coefficients")
    norms.set(ylabel="‖c‖ of the standardized powers", yscale="log")
    for ax in (both, validation):
        ax.axhline(NOISE, color="0.6", linestyle=":", label="noise of a measurement")
        ax.set(ylabel="root mean squared error (units of y)", ylim=(0, None))
    for ax in (both, validation, norms):
        ax.set(xlabel="order of the polynomial", xticks=ORDERS)
        ax.grid(alpha=0.3)
        ax.legend(loc="upper left", frameon=False)
    figure.savefig(path, dpi=100)
    return True


def main(argv=None):
    """Fit, measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("overfitting.png"))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)

    print(f"Root mean squared errors, medians over {N_SETS} sets of points")
    print(f"(the noise is {NOISE:g}; a validation error is rarely lower):\n")
    results = {
        name: medians(n, alpha, options.seed) for name, (n, alpha) in FITS.items()
    }
    print_table(results)
    if draw(options.output, results, options.seed):
        print(f"\nPicture: {options.output.resolve()}")
    else:
        print("\nNo picture, as matplotlib is missing: pip install skdl[plot]")


if __name__ == "__main__":
    main()
