"""The time of an epoch, and how much of it the matrix products take."""

from typing import NamedTuple

from benchmarks.problem import make_problem
from benchmarks.table import goal, number, table

__all__ = ["SHAPES", "Shape", "measure"]


class Shape(NamedTuple):
    """A net, how it is trained, and what issue 5 asks of it.

    Goals are how many times longer the peers take than ``fit``, at least, and our bare
    step than its matrix products, at most.
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
    Shape((784, 256, 100, 10), 200, 20_000, 3, 3, 1.2, 1.1, 8, 1.35),
    Shape((3072, 100, 50, 25, 10), 200, 10_000, 4, 2.5, 1.1, 1.1, 4, 1.5),
    Shape((54, 256, 256, 256, 7), 256, 25_600, 3, 2.5, 1.1, 1.1, 1.8, 1.5),
    Shape((30, 100, 2), 200, 40_000, 5, 5, 4, 1.2, 15, 3),
    Shape((8, 32, 32, 2), 32, 12_800, 5, 8, 8, 1.4, 12, 4),
    Shape((784, 1024, 1024, 10), 512, 10_240, 1, 2.2, 0.9, 0.9, 1, 1.15),
]
PEERS = ("scikit-learn", "PyTorch", "JAX", "skorch")


def race(session, shape):
    """Return seconds per run, with ours for scikit-learn's net as "fit, sigmoid"."""
    n_rows, n_epochs = shape.n_rows, shape.n_epochs
    if session.is_quick:
        n_rows, n_epochs = shape.batch_size * 10, 2
    problem = make_problem(shape.widths, shape.batch_size, n_rows, n_epochs)
    names = ("skdl fit", "skdl step", "products", *PEERS)
    contenders = {name: (name, problem) for name in names}
    seconds, deviation = {}, 0.0
    if shape.widths[-1] == 2:
        # scikit-learn's net has one sigmoid for two classes, the others a softmax.
        sigmoid = problem.with_sigmoid()
        pair = {
            "skdl fit": ("skdl fit", sigmoid),
            "scikit-learn": contenders.pop("scikit-learn"),
        }
        pair["scikit-learn"] = ("scikit-learn", sigmoid)
        theirs, deviation = session.race(pair)
        seconds["fit, sigmoid"] = theirs["skdl fit"]
        seconds["scikit-learn"] = theirs.get("scikit-learn")
    more, other = session.race(contenders)
    seconds = {**more, **seconds}
    seconds.setdefault("fit, sigmoid", seconds["skdl fit"])
    return problem, seconds, max(deviation, other)


def measure(session, shapes=None):
    """Time all shapes."""
    fits, steps = [], []
    for shape in SHAPES if shapes is None else shapes:
        problem, seconds, deviation = race(session, shape)

        def ratio(peer, ours, seconds=seconds):
            value = seconds.get(peer)
            return None if value is None else value / seconds[ours]

        fits.append(
            [
                shape,
                number(1e3 * seconds["skdl fit"] / problem.n_epochs),
                goal(ratio("scikit-learn", "fit, sigmoid"), shape.sklearn),
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
        print(table(["shape"] + [""] * 7, fits[-1:]), flush=True)
    header = ["shape (batch)", "`fit`, ms per epoch"]
    header += [*(f"{peer} / `fit`" for peer in PEERS), "step / products", "losses"]
    below = ["shape (batch)", "bare step, µs"]
    below += [*(f"{peer} / step" for peer in PEERS[1:3]), "`fit` / step"]
    return f"{table(header, fits)}\n\n{table(below, steps)}"
