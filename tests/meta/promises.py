"""What meta-estimators promise: each check gets a fitted model, and its problem."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_classifier
from sklearn.metrics import accuracy_score, log_loss, r2_score

from tests.meta.problems import N_RELEVANT, N_TRAIN, has_probabilities


def votes_are_counted(model, p):
    labels = np.array([net.predict(p.X_test) for net in model.estimators_])
    votes = [(labels == k).sum(axis=0) for k in range(3)]
    assert_array_equal(model.predict(p.X_test), model.classes_[np.argmax(votes, 0)])


def probabilities_are_averaged(model, p):
    mean = np.mean([net.predict_proba(p.X_test) for net in model.estimators_], axis=0)
    assert_allclose(model.predict_proba(p.X_test), mean, rtol=1e-12)


def predictions_are_averaged(model, p):
    mean = np.mean([net.predict(p.X_test) for net in model.estimators_], axis=0)
    assert_allclose(model.predict(p.X_test), mean, rtol=1e-12)


def weights_reach_the_members(model, p):
    weights = np.where(p.y == p.y[0], 0.0, 1.0 + np.arange(N_TRAIN) % 3)
    weighted = clone(model).fit(p.X, p.y, sample_weight=weights).estimators_[0]
    net = clone(weighted).fit(p.X, p.codes, sample_weight=weights)
    assert_array_equal(weighted.coefs_[0], net.coefs_[0])
    assert (model.estimators_[0].coefs_[0] != net.coefs_[0]).any()


def stack_reads_scores(model, p):
    net = model.estimators_[0]
    if is_classifier(net):
        soft = has_probabilities(net)
        method = "predict_proba" if soft else "decision_function"
        assert model.stack_method_ == [method] * 3
    columns = 9 if is_classifier(net) else 3
    assert model.transform(p.X).shape == (N_TRAIN, columns)
    assert np.any(model.final_estimator_.coef_)


def bag_knows_what_it_left_out(model, p):
    assert model.oob_score_ > 0.8
    assert len({net.random_state for net in model.estimators_}) == 12
    assert all(net.n_features_in_ == 6 for net in model.estimators_)


def labels_are_added(model, p):
    added = model.model_.labeled_iter_ > 0
    assert added.sum() > 20
    assert np.mean(model.model_.transduction_[added] == p.codes[added]) > 0.9


def boosting_weighs_mistakes(model, p):
    """The first two members again, by the formulas of SAMME."""
    weights, n_classes = np.full(N_TRAIN, 1 / N_TRAIN), 3
    for net, said in zip(model.estimators_[:2], model.estimator_weights_, strict=False):
        again = clone(net).fit(p.X, p.y, sample_weight=weights)
        assert_allclose(again.coefs_[0], net.coefs_[0], rtol=1e-6, atol=1e-9)
        wrong = again.predict(p.X) != p.y
        error = weights[wrong].sum() / weights.sum()
        value = np.log((1 - error) / error) + np.log(n_classes - 1)
        assert_allclose(said, value)
        weights = weights * np.exp(value * wrong)
        weights /= weights.sum()
    assert max(weights) > 3 * min(weights)
    assert set(np.argsort(model.feature_importances_)[-2:]) == set(p.strong)


def boosted_members_differ(model, p):
    assert len({net.coefs_[0].tobytes() for net in model.estimators_}) == 5
    importances = model.feature_importances_
    assert min(importances[p.strong]) > max(importances[N_RELEVANT:])


def a_net_for_each_class(model, p):
    assert len(model.estimators_) == 3
    for k, net in enumerate(model.estimators_):
        assert np.mean(net.predict(p.X) == (p.y == model.classes_[k])) > 0.9
    if has_probabilities(model.estimators_[0]):
        assert_allclose(model.predict_proba(p.X).sum(axis=1), 1, rtol=1e-6)


def pairs_have_nets(model, p):
    assert len(model.estimators_) == 3
    assert model.decision_function(p.X_test).shape == (50, 3)


def probabilities_are_calibrated(model, p):
    assert log_loss(p.y_test, model.predict_proba(p.X_test)) < 0.35


def noise_is_dropped(model, p):
    assert model.support_[p.strong].all()
    assert not model.support_[N_RELEVANT:].all()
    assert_array_equal(model.transform(p.X), p.X[:, model.support_])


def the_strong_remain(model, p):
    assert model.get_support(indices=True).tolist() == p.strong


def noise_is_filtered(model, p):
    support = model[0].get_support()
    assert support[p.strong].all()
    assert not support[N_RELEVANT:].any()
    assert model[-1].n_features_in_ == support.sum()


def targets_come_back(model, p):
    assert abs(model.model_.regressor_.predict(p.X).mean()) < 0.5
    assert model.model_.predict(p.X).mean() > 900


def search_avoids_the_absurd(model, p):
    means = model.cv_results_["mean_test_score"]
    assert np.isfinite(means).all()
    assert max(means) > min(means) + 0.3
    assert model.best_params_["alpha"] < 1000


def halving_spends_more_on_the_best(model, p):
    search_avoids_the_absurd(model, p)
    assert model.n_resources_ == [20, 60]
    assert model.n_candidates_ == [6, 2]
    assert model.best_estimator_.max_iter == 60


def every_column_is_predicted(model, p):
    assert len(model.model_.estimators_) == 2
    truth, said = model.columns(p.y_test)[:, 1], model.model_.predict(p.X_test)[:, 1]
    score = accuracy_score if p.y.dtype.kind == "U" else r2_score
    assert score(truth, said) > 0.9
