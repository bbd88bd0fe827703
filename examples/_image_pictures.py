"""The pictures of the examples on images."""

import numpy as np

from skdl.inspection import MistakesDisplay, TrainingCurveDisplay, WeightImageDisplay

N_FILTERS = 16


def draw(path, net, weights, data, predicted, title):
    """Save curves, filters and mistakes; return whether matplotlib is installed.

    The weights are those of the first layer, on pixels.
    """
    try:
        from matplotlib.figure import Figure  # unlike pyplot, opens no window
    except ImportError:
        return False
    figure = Figure(figsize=(12, 8.5), layout="constrained")
    figure.suptitle(title)
    above, below = figure.subfigures(2, 1, height_ratios=[1, 1.1])
    left, right = above.add_gridspec(1, 2, width_ratios=[2, 1])
    curves = TrainingCurveDisplay.from_estimator(
        net, ax=above.add_subplot(left), name="Training"
    )
    curves.ax_.legend(framealpha=0.8, edgecolor="none", loc="best")
    # The largest few show what there is to see: most filters look like noise.
    units = np.argsort(-np.linalg.norm(weights, axis=0), kind="stable")[:N_FILTERS]
    images = weights.T[units].reshape(-1, *data.image_shape).squeeze()
    WeightImageDisplay(images, units).plot(ax=above.add_subplot(right)).ax_.set_title(
        f"First layer, {len(units)} of {weights.shape[1]} units"
    )
    names = np.asarray(data.target_names)
    mistakes = MistakesDisplay.from_predictions(
        names[data.y_test],
        predicted,
        X=data.X_test,
        classes=names[net.classes_],
        probabilities=True,
        image_shape=data.image_shape,
        n_mistakes=16,
        n_columns=8,
        ax=below.subplots(),
    )
    mistakes.ax_.set_title("The worst mistakes on test images")
    figure.savefig(path, dpi=110)
    return True


def draw_ablation(path, table, title):
    """Save a bar per step, a dot per seed; return whether matplotlib is installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    steps = [step for step in table if step is not None]
    gains = 100 * np.array([np.subtract(table[None], table[step]) for step in steps])
    figure = Figure(figsize=(8, 1.6 + 0.4 * len(steps)), layout="constrained")
    ax = figure.subplots()
    ax.barh(steps, gains.mean(axis=1), color="#0072B2", alpha=0.6)
    ax.plot(gains, steps, "k.", markersize=5)
    ax.axvline(0, color="black", linewidth=0.8)
    ax.invert_yaxis()
    ax.spines[["top", "right"]].set_visible(False)
    ax.set(title=title, xlabel="points of test accuracy lost without it (dots: seeds)")
    figure.savefig(path, dpi=110)
    return True


def print_picture(path, drawn):
    """Print the path of the picture."""
    if drawn:
        print(f"\nPicture: {path.resolve()}")
    else:
        print("\nNo picture, as matplotlib is missing: pip install skdl[plot]")
