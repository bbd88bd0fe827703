"""The stages of a search: evaluate a mesh, move it, make it finer, and stop."""

import math

from skdl.model_selection._failures import describe
from skdl.model_selection._mesh import Mesh

__all__ = ["Stages", "gain"]


def gain(ours, theirs):
    """Return the mean of paired differences over folds, and its standard error.

    Parameters
    ----------
    ours, theirs : ndarray of shape (n_splits,)

    Returns
    -------
    mean, error : float
        The error is √(Σ (d - mean)² / (n - 1) / n), and 0 for a single fold.
    """
    differences = ours - theirs
    n = len(differences)
    error = differences.std(ddof=1) / math.sqrt(n) if n > 1 else 0.0
    return float(differences.mean()), float(error)


class Stages:
    """Runs the stages and keeps what is known of their points.

    Parameters
    ----------
    search : CoarseToFineSearchCV
        Its parameters, and the budgets `min_resources_` and `max_resources_`.
    spaces : list of (dict of ranges, list of choices)
    evaluate : callable
        ``evaluate(candidates, stage, move, budget, spare)`` returns the scores of all
        candidates so far, of shape (n_candidates, n_splits), and whether a callback
        wants to stop. The spare, (parameters, budget) or None, is the best so far, and
        is evaluated as one more candidate if all others fail.
    rng : numpy.random.RandomState
    """

    def __init__(self, search, spaces, evaluate, rng):
        self.search = search
        self.evaluate = evaluate
        self.rng = rng
        self.meshes = [
            Mesh.over(ranges, choices)
            for ranges, several in spaces
            for choices in several
        ]
        self.log = []
        self.budgets = []
        self.n_candidates = []
        self.candidates = []
        self.spare = None
        self.stop_reason = None
        self.stopped_by_callback = False

    def run(self):
        """Run stage after stage; set `stop_reason`."""
        search, reference = self.search, None
        budget = search.min_resources_
        for stage in range(search.max_stages):
            is_last = stage == search.max_stages - 1
            budget = search.max_resources_ if is_last else budget
            best = self._stage(stage, budget)
            if best is None or self.stopped_by_callback:
                self.stop_reason = "failed" if best is None else "callback"
                break
            mesh, point = best
            row = mesh.rows[point]
            improved = stage == 0 or self._improves(stage, row, reference)
            is_full = budget == search.max_resources_
            if is_last or (is_full and not improved):
                self.stop_reason = "max_stages" if improved else "converged"
                break
            refined = self._refined(best, is_full)
            if is_full and not any(m.unknown() for m in refined):
                self.stop_reason = "exhausted"
                break
            self.meshes = refined
            reference = (refined[0], (0,) * len(mesh.ranges))
            if not is_full:
                budget = self._next_budget(budget, improved)
        self._say(f"stopped after {len(self.budgets)} stages: {self.stop_reason}")

    def _next_budget(self, budget, improved):
        """Return `factor` times the budget; what no longer improves gets all of it."""
        most = self.search.max_resources_
        return min(most, math.ceil(budget * self.search.factor)) if improved else most

    def _stage(self, stage, budget):
        """Evaluate the meshes, moved where need be; return the best point, or None."""
        new = self._thinned([(mesh, p) for mesh in self.meshes for p in mesh.unknown()])
        self.budgets.append(budget)
        self.n_candidates.append(0)
        best = self._evaluate(new, stage, 0, budget)
        move = 0
        while best is not None and not self.stopped_by_callback:
            if not self._may_move(stage, best):
                break
            if move == self.search.max_moves:
                self._say(f"stage {stage}: no move is left (max_moves={move})")
                break
            move += 1
            mesh, point = best
            box = mesh.around(point)
            mesh.include(box)
            beyond = self._thinned([(mesh, p) for p in box if p not in mesh.rows])
            best = self._evaluate(beyond, stage, move, budget)
        if best is not None:
            row = best[0].rows[best[1]]
            score, params = self.scores[row].mean(), describe(self.candidates[row], 4)
            self._say(f"stage {stage}: best score {score:.4g} at {params}")
        return best

    def _thinned(self, new):
        """Return as many points as `max_candidates` allows, origins of finer ones kept.

        The first mesh has no origin in its midst: there all points are alike.
        """
        most = self.search.max_candidates
        if most is None or len(new) <= most:
            return new
        kept = [i for i, (mesh, p) in enumerate(new) if p in mesh.values]
        others = [i for i in range(len(new)) if i not in set(kept)]
        n = max(0, most - len(kept))
        drawn = self.rng.choice(others, size=n, replace=False).tolist()
        return [new[i] for i in sorted([*kept, *drawn])]

    def _evaluate(self, new, stage, move, budget):
        """Evaluate points and return the best so far; equal values count as one."""
        batch, n = [], len(self.candidates)
        for mesh, point in new:
            params = mesh.draw(point, self.search.jitter, self.rng)
            if mesh.row(point, n + len(batch)) == n + len(batch):
                batch.append(params)
        if batch:
            self.n_candidates[-1] += len(batch)
            text = "" if budget is None else f", {self.search.resource}={budget}"
            self._say(f"stage {stage}: {len(batch)} candidates{text}")
            self.scores, self.stopped_by_callback = self.evaluate(
                batch, stage, move, budget, self.spare
            )
            self.candidates += batch
            if len(self.scores) > len(self.candidates):
                self.candidates.append(self.spare[0])
                self.n_candidates[-1] += 1
        best = self._best(self.meshes)
        if best is not None:
            self.spare = self.candidates[best[0].rows[best[1]]], budget
        return best

    def _best(self, meshes):
        """Return (mesh, point) of the best mean, or None; of equals the inmost."""
        ranked = []
        for mesh in meshes:
            for point, row in mesh.rows.items():
                mean = self.scores[row].mean()
                if not math.isnan(mean):
                    inside = not any(True for _ in mesh.borders(point))
                    ranked.append((mean, inside, -row, mesh, point))
        if not ranked:
            return None
        return max(ranked, key=lambda entry: entry[:3])[3:]

    def _may_move(self, stage, best):
        """Tell whether the best point is at a border that is open, and say so."""
        mesh, point = best
        is_open = False
        for name, end, is_free in mesh.borders(point):
            value = describe({name: mesh.values[point][name]}, 4)
            then = "the mesh moves beyond it" if is_free else "where the mesh must end"
            self._say(
                f"stage {stage}: the best point lies at the {end} border ({value}), "
                + then
            )
            is_open = is_open or is_free
        return is_open

    def _improves(self, stage, row, reference):
        """Tell whether a stage's best beats the last stage's, on the same budget."""
        mesh, point = reference
        mean, error = gain(self.scores[row], self.scores[mesh.rows[point]])
        improved = math.isnan(mean) or mean > error
        verb = "is beyond" if improved else "is not beyond"
        self._say(
            f"stage {stage}: {mean:+.3g} on the best point of the stage before, which "
            f"{verb} the standard error over folds, {error:.2g}"
        )
        return improved

    def _refined(self, best, is_full):
        """Return finer meshes, the best one's first, without those that fall behind."""
        winner, point = best
        leading = self.scores[winner.rows[point]]
        refined = []
        for mesh in [winner, *(mesh for mesh in self.meshes if mesh is not winner)]:
            own = self._best([mesh])
            if own is None:
                continue
            row = mesh.rows[own[1]]
            mean, error = gain(leading, self.scores[row])
            if mesh is not winner and mean > error:
                self._say(
                    f"left behind, by {mean:.3g}: {describe(mesh.choices) or 'a space'}"
                )
                continue
            finer = mesh.finer(own[1])
            if is_full:
                # The same budget gives the same score.
                finer.known = mesh.known
                finer.row((0,) * len(mesh.ranges), row)
            refined.append(finer)
        return refined

    def _say(self, line):
        self.log.append(line)
        if self.search.verbose:
            print(f"[{type(self.search).__name__}] {line}")
