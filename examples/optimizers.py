"""Six optimizers in a long valley and at a saddle point.

An estimator passes the gradient of each batch to an optimizer of `skdl.engine`. Here
the optimizers get the gradients of two functions of two variables, so that their paths
can be drawn. ``state = optimizer.start(w)`` begins; each ``state.step(w, gradient,
rate)`` changes w in place.

- The valley is 50 times as curved across as along. Gradient descent needs a small rate
  to stay in the valley, and this rate is slow along it. Momentum gains speed along the
  valley, overshoots and returns; Nesterov momentum overshoots less. Adagrad, RMSprop
  and Adam divide the step of each coordinate by the size of its gradients, which makes
  both directions alike. Adagrad sums all gradients, and so slows down. RMSprop forgets
  old gradients, and ends in steps as long as its rate. Adam is RMSprop with momentum.
- The saddle lies on a ridge between two minima, and the start is 0.001 beside this
  ridge. The gradient away from the ridge is tiny, so gradient descent seems to stop at
  the saddle. Momentum adds up the tiny gradients. The other three divide the gradient
  by its own size, so they make full steps and leave the saddle at once.

The axes of the valley are the coordinate axes, which favors the last three optimizers.
In a valley at 45 degrees both coordinates would have gradients of equal size. The first
three would move as they do here; the others would be slower.

Run it with ``python optimizers.py``; it takes a few seconds. ``--output`` sets the path
of the picture, which needs matplotlib: ``pip install skdl[plot]``.
"""

import argparse
from pathlib import Path

import numpy as np

from skdl.engine import SGD, Adagrad, Adam, RMSprop

N_STEPS = 250
OPTIMIZERS = {  # name: (optimizer, learning rate, color)
    "gradient descent": (SGD(momentum=0), 0.035, "tab:red"),
    "momentum": (SGD(momentum=0.9, nesterov=False), 0.01, "tab:green"),
    "Nesterov": (SGD(momentum=0.9, nesterov=True), 0.01, "tab:purple"),
    "Adagrad": (Adagrad(), 0.1, "tab:orange"),
    "RMSprop": (RMSprop(), 0.1, "tab:brown"),
    "Adam": (Adam(), 0.1, "tab:blue"),
}
GROUPS = {
    "one rate for both coordinates": ["gradient descent", "momentum", "Nesterov"],
    "a rate for each coordinate": ["Adagrad", "RMSprop", "Adam"],
}


def valley(w):
    """Return ½ (x² + 50 y²), 0 at the origin, and its gradient; w is (x, y)."""
    x, y = w
    return (x**2 + 50 * y**2) / 2, np.stack([x, 50 * y])


def saddle(w):
    """Return ½ x² + ¼ (y² - 1)², 0 at (0, ±1) and ¼ at the saddle, and its gradient."""
    x, y = w
    return x**2 / 2 + (y**2 - 1) ** 2 / 4, np.stack([x, y * (y**2 - 1)])


STARTS = {valley: (-4.0, 1.0), saddle: (-2.0, 0.001)}
RANGES = {valley: [(-4.9, 1.6), (-1.3, 1.3)], saddle: [(-2.5, 1.2), (-0.7, 1.7)]}
LOWEST = {valley: (0, 0), saddle: (0, 1)}
ESCAPED = 0.5  # beyond this |y| an optimizer has left the saddle


def walk(function, optimizer, rate, n_steps=N_STEPS):
    """Return the points of a path, (n_steps + 1, 2), and the values there."""
    w = np.array(STARTS[function])
    state = optimizer.start(w)
    points, values = [w.copy()], [function(w)[0]]
    for _ in range(n_steps):
        _, gradient = function(w)
        state.step(w, gradient, rate)
        points.append(w.copy())
        values.append(function(w)[0])
    return np.array(points), np.array(values)


def walk_all(function):
    """Return {name: (points, values)} for the six optimizers."""
    return {
        name: walk(function, optimizer, rate)
        for name, (optimizer, rate, _) in OPTIMIZERS.items()
    }


def escape_step(points):
    """Return the first step after which |y| is above ESCAPED, or None."""
    away = np.abs(points[:, 1]) > ESCAPED
    return int(away.argmax()) if away.any() else None


def print_table(valley_walks, saddle_walks):
    """Print the heights after a fifth of the steps and after the last step."""
    early, last = N_STEPS // 5, N_STEPS
    print(f"{'':32}{'height in the valley':^24}{'step that leaves':>22}")
    print(
        f"{'optimizer':<18}{'rate':>6}{'':8}{f'step {early}':>12}{f'step {last}':>12}"
        f"{'the saddle':>22}"
    )
    print("-" * 78)
    for name, (_, rate, _) in OPTIMIZERS.items():
        _, values = valley_walks[name]
        step = escape_step(saddle_walks[name][0])
        print(
            f"{name:<18}{rate:>6g}{'':8}{values[early]:12.2g}{values[last]:12.2g}"
            f"{f'not in {N_STEPS} steps' if step is None else step:>22}"
        )


def draw_paths(ax, function, walks, names):
    """Draw the contours of the function and the paths of some optimizers."""
    x, y = np.meshgrid(*(np.linspace(*ends, 200) for ends in RANGES[function]))
    height, _ = function(np.stack([x, y]))
    # Quadratic levels: evenly spaced lines on the slopes, and some near the bottom.
    levels = height.max() * np.linspace(0, 1, 16)[1:] ** 2
    ax.contour(x, y, height, levels, colors="0.8", linewidths=0.8)
    for name in names:
        points, _ = walks[name]
        color = OPTIMIZERS[name][2]
        ax.plot(*points.T, ".-", color=color, markersize=4, linewidth=1)
    ax.plot(*STARTS[function], "ko")
    ax.plot(*LOWEST[function], "k*", markersize=11, linestyle="", label="minimum")
    ax.annotate(
        "start", STARTS[function], (-6, -3), textcoords="offset points", ha="right"
    )
    ax.set(xlabel="x", ylabel="y", xlim=RANGES[function][0], ylim=RANGES[function][1])


def draw_row(axes, function, walks):
    """Draw the paths of both groups, and all values against the step."""
    name = function.__name__.capitalize()
    for ax, (title, names) in zip(axes, GROUPS.items(), strict=False):
        draw_paths(ax, function, walks, names)
        ax.set_title(f"{name}: {title}")
    for optimizer, (_, values) in walks.items():
        axes[2].plot(values, color=OPTIMIZERS[optimizer][2], label=optimizer)
    axes[2].set_title(f"{name}: height against step")
    axes[2].set(xlabel="step", ylabel="f(x, y)", yscale="log", xlim=(0, N_STEPS))
    axes[2].grid(alpha=0.3)


def draw(path, valley_walks, saddle_walks):
    """Save paths and values; return whether matplotlib is installed."""
    try:
        from matplotlib.figure import Figure  # unlike pyplot, opens no window
    except ImportError:
        return False
    figure = Figure(figsize=(13, 8.2), layout="constrained")
    valley_axes, saddle_axes = figure.subplots(2, 3)
    draw_row(valley_axes, valley, valley_walks)
    draw_row(saddle_axes, saddle, saddle_walks)
    valley_axes[2].set_ylim(1e-8, 1e2)
    saddle_axes[2].set_ylim(1e-4, 1e1)
    saddle_axes[2].axhline(saddle((0, 0))[0], color="0.6", linestyle=":")
    saddle_axes[2].annotate("height of the saddle", (N_STEPS, 0.28), ha="right")
    shown = [
        *valley_axes[2].get_legend_handles_labels()[0],
        *valley_axes[0].get_legend_handles_labels()[0],
    ]
    figure.legend(handles=shown, loc="outside lower center", ncols=7, frameon=False)
    figure.savefig(path, dpi=100)
    return True


def main(argv=None):
    """Run the optimizers, and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("optimizers.png"))
    options = parser.parse_args(argv)

    walks = walk_all(valley), walk_all(saddle)
    print_table(*walks)
    if draw(options.output, *walks):
        print(f"\nPicture: {options.output.resolve()}")
    else:
        print("\nNo picture, as matplotlib is missing: pip install skdl[plot]")


if __name__ == "__main__":
    main()
