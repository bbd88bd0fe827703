"""One run of the benchmarks: its workers, its rounds, and its sizes."""

from functools import partial
from importlib.util import find_spec
from statistics import median

from benchmarks.problem import cross_entropy
from benchmarks.workers import PAUSE, Worker, take_turns

__all__ = ["CONTENDERS", "Session", "compare"]

# Name -> (package that the contender needs, its module and class).
CONTENDERS = {
    "skdl fit": ("skdl", "ours:Fit"),
    "skdl step": ("skdl", "ours:Step"),
    "skdl stack": ("skdl", "ours:Stack"),
    "products": ("numpy", "products:Products"),
    "scikit-learn": ("sklearn", "sklearn_net:Fit"),
    "PyTorch": ("torch", "torch_loop:Loop"),
    "JAX": ("optax", "jax_step:Step"),
    "skorch": ("skorch", "skorch_net:Fit"),
}


class Session:
    """The means to measure with, passed to each question.

    Parameters
    ----------
    n_rounds : int
        Number of turns of each contender.
    n_threads : int, default=2
        Number of threads of each contender.
    is_quick : bool, default=False
        Whether to use small sizes, to check that everything runs.
    names : sequence of str, optional
        Contenders that take part; by default all that are installed.
    figures : pathlib.Path, optional
        The folder for pictures; without it no picture is drawn.
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
        """Return `full`, or `quick` in a quick run."""
        return quick if self.is_quick else full

    def prepare(self, contenders):
        """Create the contenders that are installed.

        Parameters
        ----------
        contenders : dict of (str, Problem)
            Key -> (name in `CONTENDERS`, problem to train on). Contenders of the same
            name share a process.

        Returns
        -------
        runners : dict of Runner
            Key -> contender, without those that are not installed.
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
        """Return the best time of each runner in several rounds, in seconds."""
        actions = {
            key: partial(runner.time, method, *args) for key, runner in runners.items()
        }
        return self.best(actions, n_rounds)

    def best(self, actions, n_rounds=None):
        """Return the best time of each action in seconds, and print the noise.

        The noise is the difference between the median and the best round. It is a few
        percent, unless the machine runs other programs.
        """
        seconds = take_turns(actions, n_rounds or self.n_rounds, self.pause)
        noise = median(median(values) / min(values) for values in seconds.values()) - 1
        print(f"({len(seconds)} contenders, noise {noise:.0%})", flush=True)
        return {name: min(values) for name, values in seconds.items()}

    def race(self, contenders, tolerance=0.01, n_rounds=None):
        """Let contenders train in turn, and check that they learned the same.

        Parameters
        ----------
        contenders : dict of (str, Problem)
            Key -> (name, problem), as for `prepare`.
        tolerance : float
            Largest relative deviation of the losses, as for `compare`. Contenders
            without scores are not compared.
        n_rounds : int, optional
            Number of turns of each contender; by default that of the session.

        Returns
        -------
        seconds : dict of float
            Key -> best time of all rounds, without contenders that are not installed.
        deviation : float
            Largest relative deviation of the losses.
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
        """Return the session; processes start when they are needed."""
        return self

    def __exit__(self, *exception):
        """End all processes."""
        self.close()


class Runner:
    """A contender in its process.

    Parameters
    ----------
    worker : Worker
        The process.
    key : str
        Key of the contender in the process.
    name : str
        Name of the contender in `CONTENDERS`.
    problem : Problem
        The problem to train on.
    """

    def __init__(self, worker, key, name, problem):
        self.worker, self.key, self.name, self.problem = worker, key, name, problem
        worker.make(key, f"benchmarks.contenders.{CONTENDERS[name][1]}", problem)

    def time(self, method, *args):
        """Return the seconds that a method takes."""
        return self.worker.time(self.key, method, *args)

    def memory(self, method, *args):
        """Return the peak memory of a method, in bytes beyond those in use."""
        return self.worker.memory(self.key, method, *args)

    def call(self, method, *args):
        """Call a method, and return its result."""
        return self.worker.call(self.key, method, *args)

    def loss(self):
        """Return the mean cross-entropy on all rows, without a penalty.

        It is computed here, by the same code for all contenders.
        """
        problem = self.problem
        return cross_entropy(self.call("scores", problem.X), problem.y)


def compare(losses, tolerance):
    """Return the largest relative deviation of losses from the first loss.

    Raises
    ------
    AssertionError
        If the deviation exceeds the tolerance.
    """
    reference = next(iter(losses.values()))
    deviations = [abs(loss / reference - 1) for loss in losses.values()]
    if not all(deviation <= tolerance for deviation in deviations):  # NaN, too
        raise AssertionError(f"the trainings differ; their losses are {losses}")
    return max(deviations)
