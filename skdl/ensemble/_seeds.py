"""Members that differ in their seeds."""

from dataclasses import KW_ONLY, dataclass

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed

from skdl.engine.stacking import stack
from skdl.ensemble._base import BaseEnsemble
from skdl.ensemble._validation import check_parameters, hold_out, known_scores

__all__ = ["SeedMembers"]


@dataclass(eq=False, repr=False)
class SeedMembers(BaseEnsemble):
    """Fits many nets and keeps the best."""

    _: KW_ONLY
    n_members: int = 10
    n_best: int | None = None
    n_jobs: int | None = None
    random_state: int | np.random.RandomState | None = None

    def _fit_members(self, net, X, y, sample_weight, given):
        check_parameters(net)
        n_best = self.n_members if self.n_best is None else self.n_best
        if n_best > self.n_members:
            raise ValueError(
                f"n_best={n_best} must not be more than n_members={self.n_members}."
            )
        net.set_params(warm_start=False)
        rng = check_random_state(self.random_state)
        seeds = rng.randint(np.iinfo(np.int32).max, size=self.n_members)
        chosen, split = n_best < self.n_members, net.validation_split
        scored = chosen or self.weights == "score"
        if scored or (net.early_stopping and net.solver != "lbfgs"):
            # Scores of different rows could not be compared.
            hold_out(net, given, rng)
        nets = Parallel(n_jobs=self.n_jobs)(
            delayed(_fit)(clone(net), seed, X, y, sample_weight, given)
            for seed in seeds.tolist()
        )
        scores = [_validation_score(net) for net in nets]
        scores = known_scores(scores, net, needed=scored)
        kept = np.arange(self.n_members)
        if chosen:
            # Stable, so that of equals the first seed is kept; NaN goes last.
            kept = np.sort(np.argsort(-scores, kind="stable")[:n_best])
        nets = [nets[i] for i in kept]
        networks = [net._network for net in nets]
        for net in nets:
            del net._network
            net.set_params(validation_split=split)
        results = {
            "member_seeds_": seeds[kept],
            "member_scores_": None if scores is None else scores[kept],
        }
        snapshots = [network.snapshot() for network in networks]
        return nets, stack(networks[0], snapshots), results


def _fit(net, seed, X, y, sample_weight, given):
    return net.set_params(random_state=seed).fit(X, y, sample_weight, **given)


def _validation_score(net):
    """Return the score of the parameters that a net ended with, or NaN."""
    if net.best_validation_score_ is not None:  # early stopping went back to them
        return net.best_validation_score_
    scores = net.history_["validation_score"]
    # Without an epoch, as where the start of lbfgs is the optimum, there is no score.
    return scores[-1] if len(scores) else np.nan
