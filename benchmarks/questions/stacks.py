"""The time of a step per net, if several nets train in one pass.

Each net has the same rows in the same order, as the candidates of a search have on one
fold. The process has one thread: a search uses the cores by its processes.
"""

from benchmarks.problem import make_problem
from benchmarks.table import number, table

__all__ = ["measure"]

SHAPES = [(30, 32, 32, 2), (64, 100, 10), (64, 256, 10), (784, 100, 10)]
SIZES = (1, 8, 16, 32, 64, 128)
BATCH_SIZE = 32
# Larger stacks are slower for certain, and take minutes.
MOST_PARAMETERS = 2**21


def measure(session):
    """Time stacks of several sizes beside one net that trains alone."""
    shapes, sizes = session.sized((SHAPES, SIZES), (SHAPES[:1], (1, 4)))
    n_rows, n_epochs = session.sized((1280, 3), (64, 2))
    rows = []
    for widths in shapes:
        problem = make_problem(widths, BATCH_SIZE, n_rows, n_epochs)
        n_parameters = sum(W.size + b.size for W, b in problem.start)
        contenders = {
            size: ("skdl stack", problem.with_options(n_members=size))
            for size in (None, *sizes)
            if size is None or size * n_parameters <= MOST_PARAMETERS
        }
        seconds, deviation = session.race(contenders)
        alone = seconds[None]
        rows.append(
            [
                "-".join(map(str, widths)),
                number(1e6 * alone / problem.n_steps),
                *(
                    number(alone * size / seconds[size] if size in seconds else None)
                    for size in sizes
                ),
                f"{100 * deviation:.2f} %",
            ]
        )
    header = ["shape", "alone, µs per step", *(f"alone / stack of {n}" for n in sizes)]
    return table([*header, "losses"], rows)
