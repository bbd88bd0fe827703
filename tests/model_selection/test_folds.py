"""The folds of a search: the same ones, and parts of them."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.model_selection import GroupKFold, KFold, ShuffleSplit, StratifiedKFold

from tests.model_selection.private_names import Folds

X = np.zeros((120, 2))
y = np.array(["a"] * 12 + ["b"] * 36 + ["c"] * 72)


def test_a_random_splitter_splits_once():
    folds = Folds(ShuffleSplit(3), seed=0, stratify=False)
    one, other = folds.split(X, y), folds.split(X, y)
    for (a, b), (c, d) in zip(one, other, strict=True):
        assert_array_equal(a, c)
        assert_array_equal(b, d)


def test_split_gets_what_is_routed_to_it():
    groups = np.arange(120) % 4
    folds = Folds(GroupKFold(4), seed=0, stratify=False)
    for train, test in folds.split(X, y, groups=groups):
        assert not set(groups[train]) & set(groups[test])


@pytest.mark.parametrize("share", [0.1, 0.25, 0.8])
@pytest.mark.parametrize("labels", [y, y.tolist()], ids=["array", "list"])
def test_a_share_of_the_training_rows_has_a_share_of_each_class(share, labels):
    folds = Folds(StratifiedKFold(4), seed=3, stratify=True)
    whole = folds.split(X, labels)
    folds.share = share
    for (train, test), (all_train, all_test) in zip(
        folds.split(X, labels), whole, strict=True
    ):
        assert_array_equal(test, all_test)
        assert len(train) == round(share * 90)
        assert set(train) <= set(all_train)
        assert_array_equal(train, np.sort(train))
        for label, n in {"a": 9, "b": 27, "c": 54}.items():
            assert abs(np.count_nonzero(y[train] == label) - share * n) <= 1


@pytest.mark.parametrize("stratify", [True, False])
def test_small_shares_are_parts_of_large_ones_and_repeat(stratify):
    folds = Folds(KFold(3, shuffle=True), seed=1, stratify=stratify)
    parts = {}
    for share in (0.2, 0.5, 0.2):
        folds.share = share
        rows = [set(train.tolist()) for train, _ in folds.split(X, y)]
        assert parts.setdefault(share, rows) == rows
    assert all(a < b for a, b in zip(parts[0.2], parts[0.5], strict=True))


def test_other_seeds_and_folds_take_other_rows():
    several = []
    for seed in (0, 1):
        folds = Folds([(np.arange(60), np.arange(60, 120))] * 2, seed, False)
        folds.splitter = KFold(2)
        folds.share = 0.5
        several += [tuple(train) for train, _ in folds.split(X)]
    assert len(set(several)) == 4


def test_there_is_always_a_row_and_columns_of_labels_are_no_classes():
    folds = Folds(KFold(2), seed=0, stratify=True)
    folds.share = 1e-9
    Y = np.column_stack([y, y])
    assert [len(train) for train, _ in folds.split(X, Y)] == [1, 1]
