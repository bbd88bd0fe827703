"""How the time of a step grows with rows, width, depth and batch size."""

from benchmarks.problem import make_problem
from benchmarks.table import number, table

__all__ = ["measure"]

NAMES = ("skdl fit", "scikit-learn", "PyTorch")
COLORS = {"skdl fit": "C0", "scikit-learn": "C1", "PyTorch": "C3"}
N_FEATURES, N_CLASSES, WIDTH, BATCH, N_STEPS = 32, 10, 128, 200, 40
# Rounding errors grow with the depth, and PyTorch's Adam adds ε at another place: the
# losses of 16 layers differ by 3 % after 40 steps.
TOLERANCE = 0.05
# Name and values of what grows, and the problem (hidden, batch size, rows) per value.
SERIES = {
    "rows": (
        [1_000, 10_000, 100_000, 1_000_000],
        lambda n: ([WIDTH], BATCH, n),
    ),
    "width": (
        [16, 64, 256, 1024, 2048],
        lambda n: ([n, n], BATCH, BATCH * N_STEPS),
    ),
    "depth": (
        [1, 2, 4, 8, 16],
        lambda n: ([WIDTH] * n, BATCH, BATCH * N_STEPS),
    ),
    "batch size": (
        [8, 32, 128, 512, 2048, 4096],
        lambda n: ([WIDTH, WIDTH], n, max(n * 10, 8192)),
    ),
}


def measure(session):
    """Measure all series, and draw the figure if the session has a folder for it."""
    times, rows = {}, []
    for label, (values, problem_of) in SERIES.items():
        values = session.sized(values, values[:2])
        times[label] = {"values": values}
        for value in values:
            hidden, batch_size, n_rows = problem_of(value)
            n_rows -= n_rows % batch_size
            widths = (N_FEATURES, *hidden, N_CLASSES)
            problem = make_problem(widths, batch_size, n_rows, 1)
            seconds, _ = session.race(
                {name: (name, problem) for name in NAMES},
                tolerance=TOLERANCE,
                n_rounds=min(session.n_rounds, 3),
            )
            per = 1 if label == "rows" else problem.n_steps
            for name, taken in seconds.items():
                times[label].setdefault(name, []).append(1e3 * taken / per)
            rows.append([f"{label} {value:,}", *(cells(seconds, problem, label))])
    drawn = session.figures and draw(times, session.figures / "growth.png")
    header = ["", "`fit`, ms", *(f"{name} / `fit`" for name in NAMES[1:])]
    picture = "![Time over rows, width, depth and batch size](growth.png)\n\n"
    return (picture if drawn else "") + table(header, rows)


def cells(seconds, problem, label):
    """Yield our milliseconds per epoch or step, and the ratios of the others."""
    per = 1 if label == "rows" else problem.n_steps
    yield number(1e3 * seconds["skdl fit"] / per)
    for name in NAMES[1:]:
        is_timed = name in seconds
        yield number(seconds[name] / seconds["skdl fit"] if is_timed else None)


def draw(times, path):
    """Save the figure; return whether matplotlib is installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(10, 2.9), layout="constrained")
    for axes, (label, series) in zip(figure.subplots(1, 4), times.items(), strict=True):
        for name, color in COLORS.items():
            if name in series:
                style = {"color": color, "marker": "o", "markersize": 3}
                shown = name.replace(" fit", "")
                axes.loglog(series["values"], series[name], label=shown, **style)
        unit = "epoch" if label == "rows" else "step"
        axes.set(title=f"ms per {unit}", xlabel=label)
        axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize="small")
    figure.savefig(path, dpi=80)
    return True
