"""Warnings of many fits, collected and shown with counts."""

import threading
import warnings

import pytest
from sklearn.exceptions import ConvergenceWarning, InconsistentVersionWarning

from skdl._collected_warnings import collecting, show
from skdl._warn import warn

REACHED = "Maximum iterations (max_iter={}) reached and the optimization hasn't "
REACHED += "converged yet. {}"


def shown(texts, n_fits=9, **options):
    """Return the categories and texts of what is shown."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        show(texts, n_fits, "fits", **options)
    return [(one.category, str(one.message)) for one in caught]


def test_body_shows_nothing_and_filters_hold():
    with warnings.catch_warnings(record=True) as outside:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", RuntimeWarning)
        with collecting() as caught:
            warnings.warn("seen", UserWarning, stacklevel=1)
            warnings.warn("ignored", RuntimeWarning, stacklevel=1)
            warn("ours", ConvergenceWarning)
            assert caught == []
        warnings.warn("after", UserWarning, stacklevel=1)
    assert caught == [(UserWarning, "seen"), (ConvergenceWarning, "ours")]
    assert [str(one.message) for one in outside] == ["after"]


@pytest.mark.filterwarnings("default")
def test_equal_warnings_of_several_fits_all_count():
    with collecting() as caught:
        for _ in range(3):
            warn("not converged", ConvergenceWarning)
    assert len(caught) == 3


@pytest.mark.filterwarnings("always")
def test_warnings_before_an_error_are_kept():
    with pytest.raises(ZeroDivisionError), collecting() as caught:
        warn("before", UserWarning)
        _ = 1 / 0
    assert caught == [(UserWarning, "before")]


def test_threads_collect_their_own():
    results = {}
    both = threading.Barrier(2)

    def work(name):
        with collecting() as caught:
            both.wait()
            warn(name, UserWarning)
            both.wait()
        results[name] = caught

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {"a": [(UserWarning, "a")], "b": [(UserWarning, "b")]}


def test_kinds_of_advice_are_counted():
    few, many = "Lost {} epochs.", "Raise max_iter."
    texts = [REACHED.format(9, few.format(n)) for n in (2, 3)]
    texts += [REACHED.format(27, many)] * 3
    caught = [(ConvergenceWarning, text) for text in texts]
    assert shown(caught, advice="So be it.") == [
        (
            ConvergenceWarning,
            "5 of 9 fits reached max_iter=9 to 27. In 3: Raise max_iter. In 2: Lost 2 "
            "epochs. So be it.",
        )
    ]


def test_other_texts_are_shown_once():
    diverged = "Training diverged in epoch {}"
    caught = [(ConvergenceWarning, diverged.format(n)) for n in (3, 12)]
    caught += [(UserWarning, "rare"), (InconsistentVersionWarning, "old")]
    assert shown(caught) == [
        (ConvergenceWarning, "Training diverged in epoch 3 (in 2 of 9 fits)"),
        (UserWarning, "rare"),
        # Its constructor takes no text.
        (UserWarning, "old"),
    ]
    assert shown([]) == []
