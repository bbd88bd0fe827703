"""The stages of a search: evaluate a grid, move it, make it finer, and stop."""

import math
from collections import Counter

from skdl.model_selection._grid import Grid


def paired_difference(ours, theirs):
    """Return the mean of paired differences over folds, and its standard error.

    Parameters
    ----------
    ours, theirs : ndarray of shape (n_splits,)
        Scores of two candidates on the same folds.

    Returns
    -------
    mean : float
        Mean of the differences d.
    error : float
        √(Σ (d - mean)² / (n - 1) / n), and 0 for a single fold.
    """
    differences = ours - theirs
    n = len(differences)
    error = differences.std(ddof=1) / math.sqrt(n) if n > 1 else 0.0
    return float(differences.mean()), float(error)


class Stages:
    """Runs the stages, and stores the scores of their points.

    Parameters
    ----------
    search : CoarseToFineSearchCV
        Its parameters, and the budgets `min_resources_` and `max_resources_`.
    spaces : list of (dict of ranges, list of choices)
        Each space with all combinations of its choices.
    evaluate : callable
        ``evaluate(candidates, stage, move, budget, fallback)`` returns the scores of
        all candidates so far, of shape (n_candidates, n_splits), and whether a callback
        wants to stop. The fallback, (parameters, budget) or None, is the best candidate
        so far. It is evaluated once more if all new candidates fail.
    rng : numpy.random.RandomState
        Source of random shifts and choices.

    Attributes
    ----------
    log : list of str
        What happened, a line each.
    budgets, n_candidates : list of int
        Budget and number of candidates of each stage.
    stop_reason : str
        Why the search ended, see `CoarseToFineSearchCV`.
    """

    def __init__(self, search, spaces, evaluate, rng):
        self.search = search
        self.evaluate = evaluate
        self.rng = rng
        self.grids = [
            Grid.over(ranges, choices)
            for ranges, several in spaces
            for choices in several
        ]
        self.log = []
        self.budgets = []
        self.n_candidates = []
        self.candidates = []
        self.fallback = None
        self.stop_reason = None
        self.stopped_by_callback = False
        names = {
            name: None for grid in self.grids for name in (*grid.ranges, *grid.choices)
        }
        self.prefix = common_prefix(names)
        if search.resource is not None:
            names[search.resource] = None
        self.short_names = short_names(names)

    def run(self):
        """Run stage after stage; set `stop_reason`."""
        search, reference = self.search, None
        self._log_names()
        budget = search.min_resources_
        for stage in range(search.max_stages):
            is_last = stage == search.max_stages - 1
            budget = search.max_resources_ if is_last else budget
            best = self._stage(stage, budget)
            if best is None or self.stopped_by_callback:
                self.stop_reason = "failed" if best is None else "callback"
                break
            grid, point = best
            row = grid.row_of[point]
            improved = stage == 0 or self._improves(stage, row, reference)
            is_full = budget == search.max_resources_
            if is_last or (is_full and not improved):
                self.stop_reason = "max_stages" if improved else "converged"
                break
            refined = self._refined(best, is_full)
            if is_full and not any(m.unevaluated() for m in refined):
                self.stop_reason = "exhausted"
                break
            self.grids = refined
            reference = (refined[0], (0,) * len(grid.ranges))
            if not is_full:
                budget = self._next_budget(budget, improved)
        self._log(f"stopped after {len(self.budgets)} stages: {self.stop_reason}")

    def _next_budget(self, budget, improved):
        """Return `factor` times the budget; the full budget after no improvement."""
        full = self.search.max_resources_
        return min(full, math.ceil(budget * self.search.factor)) if improved else full

    def _stage(self, stage, budget):
        """Evaluate and move the grids; return the best (grid, point), or None."""
        new = self._thinned(
            [(grid, p) for grid in self.grids for p in grid.unevaluated()]
        )
        self.budgets.append(budget)
        self.n_candidates.append(0)
        best = self._evaluate(new, stage, 0, budget)
        move = 0
        while best is not None and not self.stopped_by_callback:
            if not self._may_move(stage, best):
                break
            if move == self.search.max_moves:
                self._log(f"stage {stage}: no move is left (max_moves={move})")
                break
            move += 1
            grid, point = best
            box = grid.around(point)
            grid.include(box)
            beyond = self._thinned([(grid, p) for p in box if p not in grid.row_of])
            best = self._evaluate(beyond, stage, move, budget)
        if best is not None:
            row = best[0].row_of[best[1]]
            score, params = (
                self.scores[row].mean(),
                self._describe(self.candidates[row]),
            )
            self._log(f"stage {stage}: best score {score:.4g} at {params}")
        return best

    def _thinned(self, new):
        """Return at most `max_candidates` points, at random, with all centres.

        The first grid has no centre: there all points are drawn alike.
        """
        limit = self.search.max_candidates
        if limit is None or len(new) <= limit:
            return new
        kept = [i for i, (grid, p) in enumerate(new) if p in grid.values]
        others = [i for i in range(len(new)) if i not in set(kept)]
        n = max(0, limit - len(kept))
        drawn = self.rng.choice(others, size=n, replace=False).tolist()
        return [new[i] for i in sorted([*kept, *drawn])]

    def _evaluate(self, new, stage, move, budget):
        """Evaluate points once per values; return the best (grid, point) so far."""
        batch, n = [], len(self.candidates)
        for grid, point in new:
            params = grid.draw(point, self.search.jitter, self.rng)
            if grid.assign_row(point, n + len(batch)) == n + len(batch):
                batch.append(params)
        if batch:
            self.n_candidates[-1] += len(batch)
            text = ""
            if budget is not None:
                text = f", {self._describe({self.search.resource: budget})}"
            self._log(f"stage {stage}: {len(batch)} candidates{text}")
            self.scores, self.stopped_by_callback = self.evaluate(
                batch, stage, move, budget, self.fallback
            )
            self.candidates += batch
            if len(self.scores) > len(self.candidates):
                self.candidates.append(self.fallback[0])
                self.n_candidates[-1] += 1
        best = self._best(self.grids)
        if best is not None:
            self.fallback = self.candidates[best[0].row_of[best[1]]], budget
        return best

    def _best(self, grids):
        """Return (grid, point) of the best mean, or None; if equal, not at a border."""
        ranked = []
        for grid in grids:
            for point, row in grid.row_of.items():
                mean = self.scores[row].mean()
                if not math.isnan(mean):
                    inside = not any(True for _ in grid.borders(point))
                    ranked.append((mean, inside, -row, grid, point))
        if not ranked:
            return None
        return max(ranked, key=lambda entry: entry[:3])[3:]

    def _may_move(self, stage, best):
        """Return whether the best point is at a border that the grid may cross."""
        grid, point = best
        is_open = False
        for name, end, is_free in grid.borders(point):
            value = self._describe({name: grid.values[point][name]})
            then = "the grid moves beyond it" if is_free else "which is a limit"
            self._log(
                f"stage {stage}: the best point lies at the {end} border ({value}), "
                + then
            )
            is_open = is_open or is_free
        return is_open

    def _improves(self, stage, row, reference):
        """Return whether a stage's best beats that of the last, on the same budget."""
        grid, point = reference
        mean, error = paired_difference(
            self.scores[row], self.scores[grid.row_of[point]]
        )
        improved = math.isnan(mean) or mean > error
        if row == grid.row_of[point]:
            text = f"no candidate is better than the best of stage {stage - 1}"
        else:
            verb = "is beyond" if improved else "is not beyond"
            text = (
                f"{mean:+.3g} on the best of stage {stage - 1}, which {verb} the "
                f"standard error over folds, {error:.2g}"
            )
        self._log(f"stage {stage}: {text}")
        return improved

    def _refined(self, best, is_full):
        """Return finer grids, the best one's first, without those that are worse."""
        winner, point = best
        leading = self.scores[winner.row_of[point]]
        refined = []
        for grid in [winner, *(grid for grid in self.grids if grid is not winner)]:
            own = self._best([grid])
            if own is None:
                continue
            row = grid.row_of[own[1]]
            mean, error = paired_difference(leading, self.scores[row])
            if grid is not winner and mean > error:
                self._log(
                    f"dropped, as worse by {mean:.3g}: "
                    f"{self._describe(grid.choices) or 'a space'}"
                )
                continue
            finer = grid.finer(own[1])
            if is_full:
                # The centre has a score on this budget already.
                finer.row_of_values = grid.row_of_values
                finer.assign_row((0,) * len(grid.ranges), row)
            refined.append(finer)
        return refined

    def _log(self, line):
        self.log.append(line)
        if self.search.verbose:
            print(f"[{type(self.search).__name__}] {line}")

    def _log_names(self):
        """Say once which parameters the short names are."""
        parts = []
        if self.prefix:
            parts.append(f"names without their common prefix {self.prefix!r}")
        for name, short in self.short_names.items():
            rest = name.removeprefix(self.prefix)
            if short != rest:
                parts.append(f"{short} is {rest}")
        if parts:
            self._log("; ".join(parts))

    def _describe(self, params):
        """Return parameters as "alpha 0.0013, width 101"."""
        return ", ".join(
            f"{self.short_names[name]} {_text(value)}" for name, value in params.items()
        )


def _text(value):
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def short_names(names):
    """Return a dict from names to their shortest ends, at '__', that differ.

    Parameters
    ----------
    names : iterable of str
        Names of parameters.

    Examples
    --------
    >>> from skdl.model_selection._stages import short_names
    >>> list(short_names(["net__alpha", "net__solver__rho", "pca__rho"]).values())
    ['alpha', 'solver__rho', 'pca__rho']
    """
    ends = {name: ends_of(name) for name in names}
    counts = Counter(end for several in ends.values() for end in several)
    return {
        name: next(end for end in several if counts[end] == 1 or end == name)
        for name, several in ends.items()
    }


def ends_of(name):
    """Return the ends of a name at each '__', from the shortest to the whole name."""
    parts = name.split("__")
    return ["__".join(parts[i:]) for i in reversed(range(len(parts)))]


def common_prefix(names):
    """Return the longest 'a__b__' with which all names begin, or ''.

    Parameters
    ----------
    names : iterable of str
        Names of parameters.
    """
    prefix = ""
    for level in zip(*(name.split("__")[:-1] for name in names), strict=False):
        if len(set(level)) > 1:
            break
        prefix += f"{level[0]}__"
    return prefix
