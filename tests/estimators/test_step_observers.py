"""Callbacks that observe single steps of training."""

from types import SimpleNamespace

import numpy as np
import pytest

from skdl import MLPClassifier
from skdl.callbacks import LambdaCallback


class Watcher(LambdaCallback):
    """Observes every `every`-th step, and notes what it is told."""

    def __init__(self, every=1):
        super().__init__(lambda net: False)
        self.every, self.seen = every, []

    def observe_steps(self, run, records):
        self.before_records = records
        self.told = []

        def before(parameters, gradient, objective):
            self.told.append(("before", parameters.copy(), gradient.copy()))

        def after(parameters, rate):
            self.told.append(("after", parameters.copy(), rate))

        def wants(step):
            self.seen.append(step)
            return step % self.every == 0

        return SimpleNamespace(
            wants=wants, before=before, after=after, records=lambda: len(self.told)
        )


def fit(X, y, *callbacks, **options):
    net = MLPClassifier(
        (3,), max_iter=4, batch_size=20, random_state=0, warm_start=True, **options
    )
    net.set_callbacks(*callbacks)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        return net.fit(X, y)


def test_a_step_is_told_before_and_after(X, y):
    watcher = Watcher()
    net = fit(X, y, watcher, solver="sgd", momentum=0.0, learning_rate_init=0.1)
    assert watcher.seen == list(range(12))
    assert [what for what, *_ in watcher.told] == ["before", "after"] * 12
    befores, afters = watcher.told[::2], watcher.told[1::2]
    for (_, w, g), (_, new, rate) in zip(befores, afters, strict=True):
        assert rate == 0.1
        np.testing.assert_allclose(new, w - 0.1 * g, rtol=1e-12)
    np.testing.assert_array_equal(afters[-1][1], net._network.parameters)


def test_the_gradient_is_told_as_it_was_before_clipping(X, y):
    clipped = Watcher()
    fit(X, y, clipped, max_grad_norm=1e-3)
    free = Watcher()
    fit(X, y, free)
    np.testing.assert_array_equal(clipped.told[0][2], free.told[0][2])


def test_each_observer_is_told_the_steps_that_it_wants(X, y):
    watchers = [Watcher(2), Watcher(5)]
    fit(X, y, *watchers)
    assert [len(watcher.told) for watcher in watchers] == [12, 6]


def test_records_return_to_the_observer_that_made_them(X, y):
    watchers = [Watcher(2), Watcher(5)]
    net = fit(X, y, *watchers)
    assert [watcher.before_records for watcher in watchers] == [None, None]
    net.partial_fit(X, y)
    assert [watcher.before_records for watcher in watchers] == [12, 6]
    net.set_callbacks(watchers[0], LambdaCallback(print), Watcher()).partial_fit(X, y)
    assert watchers[0].before_records == 4


def test_an_observer_of_steps_only_gets_no_tasks(X, y):
    def no_hook(*arguments, **named):
        raise AssertionError("called")

    watcher = Watcher()
    watcher.steps_only = True
    watcher.on_fit_task_begin = watcher.on_fit_task_end = no_hook
    fit(X, y, watcher)
    assert len(watcher.told) == 24
    calls = []
    fit(X, y, watcher := Watcher(), LambdaCallback(calls.append))
    assert len(calls) == 4
    assert len(watcher.told) == 24
