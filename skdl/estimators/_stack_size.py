"""How many nets train fastest in one pass."""

from copy import deepcopy
from dataclasses import replace
from itertools import pairwise
from time import perf_counter

import numpy as np
from sklearn import get_config

from skdl.engine.progress import Progress
from skdl.engine.stacked_training import StackedTraining
from skdl.engine.stacking import network_like
from skdl.engine.training import train

__all__ = ["best_size", "is_too_wide"]

# Parameters of a stack that fit into the cache with their gradient and moments, and the
# most members that are worth while: docs/design/stacks.md says more.
CACHED, MOST = 2**18, 128
# Outputs of layers that take as much of the cache as a parameter does.
OUTPUTS = 4
# A stack of fewer nets than these in the cache gains nothing that pays for a trial.
FEWEST = 6
# Nets so small that this many fit into the cache are faster in a stack. For larger
# ones, a measurement decides.
SURE = 12
# The trial: batches per pass, passes, and the gain that is worth while.
N_BATCHES, N_PASSES, GAIN = 3, 3, 0.95
# Steps of training that pay for a step of the trial. Early stopping may skip most.
STEPS_PER_TRIAL = 100


def best_size(member, epochs, *, shares_rows=True):
    """Return how many nets like this one train fastest in one pass.

    Parameters
    ----------
    member : Member
        A net before its first epoch. It is only read.
    epochs : sequence of int
        The most epochs of each net like this one.
    shares_rows : bool, default=True
        Whether other nets have the same X. Otherwise each holds one of its own.

    Returns
    -------
    size : int
        1 if each is faster alone.
    """
    cached = CACHED // _cached_numbers(member)
    if cached < FEWEST:
        return 1
    memory = get_config()["working_memory"] * 2**20 / 2
    n_bytes = _bytes_per_member(member) + (0 if shares_rows else member.data.X.nbytes)
    fitting = int(memory / n_bytes)
    size = max(1, min(cached, MOST, fitting))
    if size == 1 or cached >= SURE:
        return size
    size = min(size, len(epochs))
    n_steps = sum(epochs) * -(-member.data.n_rows // member.batch_size)
    if n_steps < STEPS_PER_TRIAL * N_BATCHES * N_PASSES * (size + 1):
        return 1
    return size if _seconds(member, size) < GAIN * _seconds(member, None) else 1


def is_too_wide(widths):
    """Return whether nets are faster alone, whatever else they are.

    Parameters
    ----------
    widths : sequence of int
        Widths of the input and the hidden layers.
    """
    return FEWEST * sum(a * b for a, b in pairwise(widths)) > CACHED


def _cached_numbers(member):
    """Return how many numbers of the cache's size a step of a member takes."""
    n_outputs = member.batch_size * sum(member.network.widths)
    return member.network.parameters.size + n_outputs // OUTPUTS


def _bytes_per_member(member):
    """Return about the memory of a member: vectors of parameters, arrays of a pass."""
    network = member.network
    n_numbers = 6 * network.parameters.size
    n_numbers += 4 * member.batch_size * sum(network.widths)
    return n_numbers * network.dtype.itemsize


def _seconds(member, size):
    """Return the seconds of a pass per net, in a stack of some size or alone."""
    data = member.data
    rows = np.arange(data.n_rows) if data.rows is None else data.rows
    data = replace(data, rows=rows[: N_BATCHES * member.batch_size], weights=None)
    twins = [_twin(member, data) for _ in range(size or 1)]
    times = [perf_counter()]
    if size is None:
        options = vars(twins[0]) | {"max_epochs": N_PASSES}
        del options["rate_lasts"]
        train(**options, on_epoch=lambda epoch: times.append(perf_counter()))
        return np.diff(times).min()
    stack = StackedTraining(twins)
    times = [perf_counter()]
    for _ in range(N_PASSES):
        stack.epoch()
        times.append(perf_counter())
    return np.diff(times).min() / size


def _twin(member, data):
    """Return a copy of a member that takes tiny steps, and draws from no stream."""
    parameters, statistics = member.network.snapshot()
    return replace(
        member,
        network=network_like(member.network, parameters, statistics),
        optimizer=deepcopy(member.optimizer),
        data=data,
        rng=None,
        rate=lambda progress: 1e-9,
        progress=Progress(),
        dropout_rng=np.random.default_rng(0),
        augmentation=None,
    )
