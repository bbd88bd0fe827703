"""The time of an epoch, and the share of the matrix products."""

from typing import NamedTuple

from benchmarks.problem import make_problem
from benchmarks.table import goal, number, table

__all__ = ["SHAPES", "Shape", "measure"]


class Shape(NamedTuple):
    """A net, its training, and the goals.

    The goals for peers are the least ratios of their time to that of ``fit``. The goal
    "products" is the largest ratio of our bare step to its matrix products.
    """

    widths: tuple
    batch_size: int
    n_rows: int
    n_epochs: int
    sklearn: float
    torch: float
    jax: float
    skorch: float
    products: float

    def __str__(self):
        return f"{'-'.join(map(str, self.widths))} ({self.batch_size})"


SHAPES = [
    Shape((784, 256, 100, 10), 200, 10_000, 3, 3, 1.2, 1.1, 8, 1.35),
    Shape((3072, 100, 50, 25, 10), 200, 5_000, 3, 2.5, 1.1, 1.1, 4, 1.5),
    Shape((54, 256, 256, 256, 7), 256, 12_800, 3, 2.5, 1.1, 1.1, 1.8, 1.5),
    Shape((30, 100, 2), 200, 40_000, 4, 5, 4, 1.2, 15, 3),
    Shape((8, 32, 32, 2), 32, 12_800, 4, 8, 8, 1.4, 12, 4),
    Shape((784, 1024, 1024, 10), 512, 5_120, 2, 2.2, 0.9, 0.9, 1, 1.15),
]
PEERS = ("scikit-learn", "PyTorch", "JAX", "skorch")


def race(session, shape):
    """Return the problem, seconds per run, and the deviation of the losses.

    For two classes, scikit-learn's net has one sigmoid, and the others have a softmax
    over two scores. Then "sigmoid" is our net with a sigmoid, to compare with
    scikit-learn's; otherwise it equals "skdl fit".
    """
    size = session.sized(
        (shape.n_rows, shape.n_epochs), (min(shape.n_rows, 10 * shape.batch_size), 2)
    )
    problem = make_problem(shape.widths, shape.batch_size, *size)
    names = ["skdl fit", "skdl step", "products", *PEERS]
    contenders = {name: (name, problem) for name in names}
    if shape.widths[-1] > 2:
        seconds, deviation = session.race(contenders)
        return problem, {**seconds, "sigmoid": seconds["skdl fit"]}, deviation
    sigmoid = problem.with_sigmoid()
    del contenders["scikit-learn"]
    seconds, deviation = session.race(contenders)
    pair = {
        "sigmoid": ("skdl fit", sigmoid),
        "scikit-learn": ("scikit-learn", sigmoid),
    }
    others, other = session.race(pair)
    return problem, {**seconds, **others}, max(deviation, other)


def measure(session, shapes=None):
    """Time the shapes of these numbers, counted from 1, or all."""
    fits, steps = [], []
    for i in shapes or range(1, len(SHAPES) + 1):
        shape = SHAPES[i - 1]
        problem, seconds, deviation = race(session, shape)

        def ratio(peer, ours, seconds=seconds):
            value = seconds.get(peer)
            return None if value is None else value / seconds[ours]

        fits.append(
            [
                shape,
                number(1e3 * seconds["skdl fit"] / problem.n_epochs),
                goal(ratio("scikit-learn", "sigmoid"), shape.sklearn),
                goal(ratio("PyTorch", "skdl fit"), shape.torch),
                goal(ratio("JAX", "skdl fit"), shape.jax),
                goal(ratio("skorch", "skdl fit"), shape.skorch),
                goal(ratio("skdl step", "products"), shape.products, at_least=False),
                f"{100 * deviation:.2f} %",
            ]
        )
        steps.append(
            [
                shape,
                number(1e6 * seconds["skdl step"] / problem.n_steps),
                *(number(ratio(peer, "skdl step")) for peer in PEERS[1:3]),
                number(ratio("skdl fit", "skdl step")),
            ]
        )
    header = ["shape (batch)", "`fit`, ms per epoch"]
    header += [*(f"{peer} / `fit`" for peer in PEERS), "step / products", "losses"]
    below = ["shape (batch)", "bare step, µs"]
    below += [*(f"{peer} / step" for peer in PEERS[1:3]), "`fit` / step"]
    return f"{table(header, fits)}\n\n{table(below, steps)}"
