"""One run of the benchmarks: its workers, and how thorough it is."""

from functools import partial
from importlib.util import find_spec

from benchmarks.problem import cross_entropy
from benchmarks.workers import Worker, take_turns

__all__ = ["CONTENDERS", "Session"]

# Of each contender: the package that it needs, and what makes it.
CONTENDERS = {
    "skdl fit": ("skdl", "ours:Fit"),
    "skdl step": ("skdl", "ours:Step"),
    "products": ("numpy", "products:Products"),
    "scikit-learn": ("sklearn", "sklearn_net:Fit"),
    "PyTorch": ("torch", "torch_loop:Loop"),
    "JAX": ("optax", "jax_step:Step"),
    "skorch": ("skorch", "skorch_net:Fit"),
}
TOLERANCE = 0.01


class Session:
    """What a question gets to measure with.

    Parameters
    ----------
    n_rounds : int
        How often each contender has its turn.
    n_threads : int, default=2
        Of each contender.
    is_quick : bool, default=False
        Whether sizes should be small, to see that everything runs.
    """

    def __init__(self, n_rounds, n_threads=2, is_quick=False):
        self.n_rounds = n_rounds
        self.n_threads = n_threads
        self.is_quick = is_quick
        self.n_turns = n_rounds
        self._workers = {}

    def available(self, names):
        """Return those of the contenders whose packages are installed."""
        return [name for name in names if find_spec(CONTENDERS[name][0])]

    def worker(self, name):
        """Return the process of this name, a new one if there is none."""
        if name not in self._workers:
            self._workers[name] = Worker(self.n_threads)
        return self._workers[name]

    def race(self, contenders, tolerance=TOLERANCE):
        """Let contenders train in turn, and see that they learned the same.

        Parameters
        ----------
        contenders : dict of (str, Problem)
            By a name of this race: a name in `CONTENDERS`, and what to train on.
        tolerance : float
            How far the training loss of each may be from the first one's in the end,
            as a share of it. Contenders without scores have none.

        Returns
        -------
        seconds : dict of float
            The best of all rounds; contenders that are not installed are missing.
        deviation : float
            The largest there was.

        Raises
        ------
        AssertionError
            If a loss is too far off, or training did not lower it.
        """
        there = self.available(name for name, _ in contenders.values())
        contenders = {
            key: entry for key, entry in contenders.items() if entry[0] in there
        }
        for key, (name, problem) in contenders.items():
            factory = f"benchmarks.contenders.{CONTENDERS[name][1]}"
            self.worker(key).make(factory, problem)
        actions = {key: partial(self.worker(key).time, "run") for key in contenders}
        seconds = take_turns(actions, self.n_rounds)
        losses = {
            key: cross_entropy(self.worker(key).call("scores", problem.X), problem.y)
            for key, (name, problem) in contenders.items()
            if name != "products"
        }
        return seconds, compare(losses, tolerance)

    def close(self):
        """End all processes."""
        for worker in self._workers.values():
            worker.close()
        self._workers = {}


def compare(losses, tolerance):
    """Return by how much losses deviate from the first one's, as a share of it."""
    reference, *_ = losses.values()
    deviation = max(abs(loss / reference - 1) for loss in losses.values())
    if not deviation <= tolerance:
        raise AssertionError(f"not the same training, these are the losses: {losses}")
    return deviation
