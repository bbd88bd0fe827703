"""Draw weight_init.png: what the scale of the starting weights does to a net.

The figure of docs/initialization.md. ``--output`` says where it goes; by default it
takes the place of the one beside this script. Run it as
``python docs/figures/weight_init.py``, with skdl and matplotlib installed.
"""

import argparse
from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure  # without pyplot, so that no window opens
from PIL import Image  # a dependency of matplotlib
from scipy.special import expit

from skdl.engine import Gaussian, HeNormal, LeCunNormal

N_INPUTS = 1000
N_OUTPUTS = 20_000
N_LAYERS = 10
UNIT, SCALED = "σ = 1", "σ = 1/√n"
WEIGHTS = {UNIT: Gaussian(1.0), SCALED: LeCunNormal()}
DEEP = {  # the weights of the ten layers: (initializer, colour)
    "He: σ = √(2/n)": (HeNormal(), "tab:green"),
    "LeCun: σ = 1/√n": (LeCunNormal(), "tab:blue"),
    "Gaussian: σ = 0.01": (Gaussian(0.01), "tab:red"),
}
INPUTS = {"half 1, half 0": "tab:orange", "mean 0, variance 1": "tab:blue"}


def make_inputs(rng):
    """Return two rows of inputs: of ones and zeros, and of mean 0 and variance 1."""
    halves = np.repeat([1.0, 0.0], N_INPUTS // 2)
    normal = rng.normal(size=N_INPUTS)
    return np.stack([halves, (normal - normal.mean()) / normal.std()])


def outputs(X, initializer, rng):
    """Return X W for a layer of N_OUTPUTS units, whose weights come in blocks."""
    weights = np.empty((N_INPUTS, 2000))
    blocks = []
    for _ in range(N_OUTPUTS // weights.shape[1]):
        initializer.fill(weights, rng)
        blocks.append(X @ weights)
    return np.concatenate(blocks, axis=1)


def saturated(z):
    """Return the shares of z at which tanh and the logistic function are nearly flat.

    That is where the slope is below a hundredth of the slope at 0.
    """
    logistic = expit(z)
    slopes = {"tanh": 1 - np.tanh(z) ** 2, "logistic": 4 * logistic * (1 - logistic)}
    return {name: np.mean(slope < 0.01) for name, slope in slopes.items()}


def relu_sizes(initializer, rng):
    """Return the root mean square of the activations after 0 ... N_LAYERS layers."""
    activations = rng.normal(size=(200, N_INPUTS))
    weights = np.empty((N_INPUTS, N_INPUTS))
    sizes = []
    for _ in range(N_LAYERS + 1):
        sizes.append(np.sqrt(np.mean(activations**2)))
        initializer.fill(weights, rng)
        activations = np.maximum(activations @ weights, 0)
    return sizes


def draw_outputs(ax, name, scores):
    """Draw the histograms of X W for the two rows of inputs."""
    limit = 4 * scores.std(axis=1).max()
    bins = np.linspace(-limit, limit, 81)
    for (inputs, color), z in zip(INPUTS.items(), scores, strict=True):
        label = f"inputs {inputs}: variance {z.var():.3g}"
        ax.hist(z, bins, density=True, histtype="step", color=color, label=label)
    ax.axvspan(-3, 3, color="0.9", label="where tanh is not flat, |z| < 3")
    ax.set_ylim(0, 1.35 * ax.get_ylim()[1])  # room for the legend
    ax.set(title=f"Outputs z for weights of {name}", xlim=(-limit, limit))
    ax.set(xlabel="z, a sum of 1000 weighted inputs", ylabel="density")
    ax.legend(loc="upper left", fontsize="small", frameon=False)


def draw_saturated(ax, shares):
    """Draw the shares of flat units as bars."""
    for shift, color, (name, of_units) in zip(
        (-0.2, 0.2), ("tab:red", "tab:green"), shares.items(), strict=True
    ):
        places = np.arange(len(of_units)) + shift
        bars = ax.bar(
            places, 100 * np.array(list(of_units.values())), 0.38, color=color
        )
        bars.set_label(f"weights of {name}")
        ax.bar_label(bars, fmt="%.1f %%")
        ax.set_xticks(range(len(of_units)), [f"{unit} units" for unit in of_units])
    ax.set(title="Saturated units, inputs half 1, half 0", ylim=(0, 125))
    ax.set(ylabel="share with slope < 1 % of its maximum (%)")
    ax.legend(loc="upper right", fontsize="small", frameon=False, ncols=2)


def draw_sizes(ax, sizes):
    """Draw the size of the activations against the layer."""
    for name, values in sizes.items():
        ax.plot(values, "o-", color=DEEP[name][1], markersize=4, label=name)
    ax.set(title="Activations of a deep ReLU net", yscale="log")
    ax.set(xlabel="layer of 1000 units (0: input)", ylabel="root mean square")
    ax.set_xticks(range(N_LAYERS + 1))
    ax.grid(alpha=0.3)
    ax.legend(loc="lower left", fontsize="small", frameon=False)


def save(figure, path):
    """Save with a palette, which makes the file a third as large."""
    buffer = BytesIO()
    figure.savefig(buffer, dpi=180)
    Image.open(buffer).convert("RGB").quantize(64).save(path, "PNG", optimize=True)


def main(argv=None):
    """Experiment and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    beside = Path(__file__).with_suffix(".png")
    parser.add_argument("--output", type=Path, default=beside)
    options = parser.parse_args(argv)

    rng = np.random.default_rng(0)
    X = make_inputs(rng)
    scores = {
        name: outputs(X, initializer, rng) for name, initializer in WEIGHTS.items()
    }
    shares = {name: saturated(z[0]) for name, z in scores.items()}
    sizes = {
        name: relu_sizes(initializer, rng) for name, (initializer, _) in DEEP.items()
    }

    figure = Figure(figsize=(10, 7.6), layout="constrained")
    (unit, scaled), (flat, deep) = figure.subplots(2, 2)
    draw_outputs(unit, UNIT, scores[UNIT])
    draw_outputs(scaled, SCALED, scores[SCALED])
    draw_saturated(flat, shares)
    draw_sizes(deep, sizes)
    save(figure, options.output)
    for name, of_inputs in scores.items():
        for inputs, z in zip(INPUTS, of_inputs, strict=True):
            print(f"weights of {name}, inputs {inputs}: variance {z.var():.4g}")
        for unit, share in shares[name].items():
            print(f"weights of {name}, {unit} units: {share:.1%} saturated")
    for name, values in sizes.items():
        print(f"{name}: root mean square {values[-1]:.2g} after {N_LAYERS} layers")


if __name__ == "__main__":
    main()
