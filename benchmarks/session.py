"""One run of the benchmarks: its workers, and how thorough it is."""

from functools import partial
from importlib.util import find_spec
from statistics import median

from benchmarks.problem import cross_entropy
from benchmarks.workers import PAUSE, Worker, take_turns

__all__ = ["CONTENDERS", "Session", "compare"]

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
    names : sequence of str, optional
        The contenders that may take part; all that are installed by default.
    figures : pathlib.Path, optional
        The folder for pictures; without it none is drawn.
    pause : float, default=0.15
        Seconds between turns; see `benchmarks.workers`.
    """

    def __init__(
        self, n_rounds, n_threads=2, is_quick=False, *,
        names=None, figures=None, pause=PAUSE,
    ):  # fmt: skip
        self.n_rounds = n_rounds
        self.n_threads = n_threads
        self.is_quick = is_quick
        self.figures = figures
        self.pause = pause
        wanted = CONTENDERS if names is None else names
        self.names = [name for name in wanted if find_spec(CONTENDERS[name][0])]
        self._workers = {}

    def sized(self, full, quick):
        """Return the one or the other."""
        return quick if self.is_quick else full

    def prepare(self, contenders):
        """Make those contenders that are installed; return what has become of them.

        Parameters
        ----------
        contenders : dict of (str, Problem)
            By a key of your own: a name in `CONTENDERS`, and what to train on. Those of
            the same name share a process.

        Returns
        -------
        runners : dict of Runner
        """
        for worker in self._workers.values():
            worker.clear()
        runners = {}
        for key, (name, problem) in contenders.items():
            if name in self.names:
                if name not in self._workers:
                    self._workers[name] = Worker(self.n_threads)
                runners[key] = Runner(self._workers[name], key, name, problem)
        return runners

    def turns(self, runners, method="run", *args, n_rounds=None):
        """Return the least seconds of each in several rounds of turns."""
        actions = {
            key: partial(runner.time, method, *args) for key, runner in runners.items()
        }
        return self.best(actions, n_rounds)

    def best(self, actions, n_rounds=None):
        """Return the least seconds that `take_turns` gets from each; print the noise.

        That is by how much the median round of all is slower than the best: a few
        percent, unless something else ran on the machine.
        """
        seconds = take_turns(actions, n_rounds or self.n_rounds, self.pause)
        noise = median(median(values) / min(values) for values in seconds.values()) - 1
        print(f"({len(seconds)} contenders, noise {noise:.0%})", flush=True)
        return {name: min(values) for name, values in seconds.items()}

    def race(self, contenders, tolerance=0.01, n_rounds=None):
        """Let contenders train in turn, and see that they learned the same.

        Parameters
        ----------
        contenders : dict of (str, Problem)
            As for `prepare`.
        tolerance : float
            As for `compare`. Contenders without scores are not compared.
        n_rounds : int, optional

        Returns
        -------
        seconds : dict of float
            The best of all rounds; contenders that are not installed are missing.
        deviation : float
            What `compare` returns.
        """
        runners = self.prepare(contenders)
        seconds = self.turns(runners, n_rounds=n_rounds)
        losses = {
            key: runner.loss()
            for key, runner in runners.items()
            if runner.name != "products"
        }
        return seconds, compare(losses, tolerance)

    def close(self):
        """End all processes."""
        for worker in self._workers.values():
            worker.close()
        self._workers = {}

    def __enter__(self):
        """Nothing more to do: processes start when they are needed."""
        return self

    def __exit__(self, *exception):
        """End all processes."""
        self.close()


class Runner:
    """A contender in its process.

    Parameters
    ----------
    worker : Worker
    key : str
    name : str
        In `CONTENDERS`.
    problem : Problem
    """

    def __init__(self, worker, key, name, problem):
        self.worker, self.key, self.name, self.problem = worker, key, name, problem
        worker.make(key, f"benchmarks.contenders.{CONTENDERS[name][1]}", problem)

    def time(self, method, *args):
        """Return the seconds that a method takes."""
        return self.worker.time(self.key, method, *args)

    def memory(self, method, *args):
        """Return the bytes that a method needs beyond those in use, at its peak."""
        return self.worker.memory(self.key, method, *args)

    def call(self, method, *args):
        """Return what a method returns."""
        return self.worker.call(self.key, method, *args)

    def loss(self):
        """Return the mean cross-entropy on all rows, computed here, the same for all.

        That is the objective without any penalty.
        """
        problem = self.problem
        return cross_entropy(self.call("scores", problem.X), problem.y)


def compare(losses, tolerance):
    """Return by how much losses deviate from the first one's, as a share of it.

    Raises
    ------
    AssertionError
        If that is more than the tolerance.
    """
    reference = next(iter(losses.values()))
    deviations = [abs(loss / reference - 1) for loss in losses.values()]
    if not all(deviation <= tolerance for deviation in deviations):  # NaN, too
        raise AssertionError(f"not the same training, these are the losses: {losses}")
    return max(deviations)
