"""Joules of all states of a program at once, from rows that each hold a mixture of them.

A row is what a sensor showed of some time, in J: ``y = sum over states of time x mean power``, plus how far
each run of a state was from its mean (independent draws, a fraction s of it) and what the sensor adds. Mean
powers have a wide normal prior; with it the posterior of the joules spent in each state, seen or not, is
normal, and its covariance says which sums are known better than their parts (Bayesian least squares; Gelman
et al., Bayesian Data Analysis, chapter 14). s is not known: some are tried and weighed by how likely
they make the rows.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

__all__ = ["Evidence", "Posterior", "mixed", "possible"]

# How much the power of one run of a state differs from its mean, as a fraction: those that are tried.
SCATTERS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)

# A limit set by the user or a nominal TDP is exceeded for a while by so much.
_BEYOND = 1.5


@attrs.frozen(eq=False)
class Posterior:
    """What is known of the states.

    Args:
        energy_j: joules of each state.
        covariance_j2: their covariance in J^2.
        power_w: mean power of each state in W.
        power_u_w: its standard uncertainty in W.
        prior_u_w: what that was before anything was seen, in W.
        log_evidence: logarithm of how likely the rows are, up to a constant.
        rows: how many there were.
        time_s: seconds of each state; empty where its joules are known without.
        power_covariance_w2: covariance of the mean powers in W^2.
        scatter: how much the power of one run differs from its state's mean, as a fraction.
    """

    energy_j: Array
    covariance_j2: Array
    power_w: Array
    power_u_w: Array
    prior_u_w: float
    log_evidence: float
    rows: int = 0
    time_s: Any = ()
    power_covariance_w2: Any = ()
    scatter: float = 0.0


class Evidence:
    """Sums over rows, of a size that depends on the number of states only.

    Args:
        states: how many states there are so far; `grow` takes in more.
    """

    def __init__(self, states: int) -> None:
        import numpy as np

        tried = len(SCATTERS)
        self.rows = 0
        self.seen_j = self.seen_s = 0.0
        self.time_s = np.zeros(states)
        self._kept = np.zeros((tried, states))  # joules that are known without the mean powers
        self._share = np.zeros((tried, states, states))  # joules for each watt of mean power
        self._rest = np.zeros((tried, states, states))  # covariance that the mean powers do not explain
        self._weight = np.zeros((tried, states, states))
        self._pull = np.zeros((tried, states))
        # the same of those rows that tell how much runs differ, and how well these fit
        self._weight_told = np.zeros((tried, states, states))
        self._pull_told = np.zeros((tried, states))
        self._fit = np.zeros(tried)

    def grow(self, states: int) -> None:
        """Make room for more states, of which nothing has been seen."""
        import numpy as np

        more = states - len(self.time_s)
        if more > 0:
            self.time_s = np.pad(self.time_s, (0, more))
            for name in ("_kept", "_pull", "_pull_told"):
                setattr(self, name, np.pad(getattr(self, name), ((0, 0), (0, more))))
            for name in ("_share", "_rest", "_weight", "_weight_told"):
                setattr(self, name, np.pad(getattr(self, name), ((0, 0), (0, more), (0, more))))

    def copy(self) -> Evidence:
        """The same sums, to which more can be added without changing these."""
        other = Evidence(0)
        for name, value in vars(self).items():
            setattr(other, name, value.copy() if hasattr(value, "copy") else value)
        return other

    def add(
        self,
        time_s: Array,
        squares_s2: Array,
        seen: Array,
        shown_j: Array,
        noise_j2: Array,
        power_w: Array,
        fresh: Any = True,
        tells: Any = True,
    ) -> None:
        """Take in some intervals and the rows over them.

        Args:
            time_s: seconds of each state (column) in each interval (line).
            squares_s2: the squares of the runs these are made of, in s^2.
            seen: which part of each interval (column) goes into each row (line), from 0 to 1.
            shown_j: each row's joules.
            noise_j2: covariance in J^2 of what the sensor adds to the rows.
            power_w: mean power of each state in W, as far as known: scatter is a fraction of it.
            fresh: for each interval, whether its joules are to be counted; others only explain the rows.
            tells: for each row, whether it tells how much runs differ: many rows from within one run do not.
        """
        import numpy as np

        new = np.broadcast_to(np.asarray(fresh, dtype=float), len(time_s))[:, None]
        counted_s = (new * time_s).sum(axis=0)
        self.time_s += counted_s
        spread = squares_s2 * power_w**2
        whole, held = np.diag(counted_s), np.diag((new * spread).sum(axis=0))
        if not len(shown_j):
            for number, scatter in enumerate(SCATTERS):
                self._rest[number] += scatter**2 * held
                self._share[number] += whole
            return
        mixture = seen @ time_s
        common = seen @ (new * spread)
        own = (seen * spread.sum(axis=1)) @ seen.T
        self.rows += len(shown_j)
        self.seen_j += float(shown_j.sum())
        self.seen_s += float(mixture.sum())
        noise = noise_j2 + 1e-9 * max(float(np.trace(own + noise_j2)) / len(own), 1e-18) * np.eye(len(own))
        told = np.flatnonzero(np.broadcast_to(np.asarray(tells, dtype=bool), len(own)))
        for number, scatter in enumerate(SCATTERS):
            root: Any = np.linalg.cholesky(scatter**2 * own + noise)
            shown, mixed, shared = np.split(
                np.linalg.solve(root, np.column_stack([shown_j, mixture, scatter**2 * common])),
                [1, 1 + mixture.shape[1]],
                axis=1,
            )
            self._kept[number] += (shared.T @ shown)[:, 0]
            self._share[number] += whole - shared.T @ mixed
            self._rest[number] += scatter**2 * held - shared.T @ shared
            self._weight[number] += mixed.T @ mixed
            self._pull[number] += (mixed.T @ shown)[:, 0]
            if len(told) < len(own):
                part = np.ix_(told, told)
                root = np.linalg.cholesky((scatter**2 * own + noise)[part])
                both = np.column_stack([shown_j[told], mixture[told]])
                shown, mixed = np.split(np.linalg.solve(root, both), [1], axis=1)
            self._weight_told[number] += mixed.T @ mixed
            self._pull_told[number] += (mixed.T @ shown)[:, 0]
            self._fit[number] += float(shown[:, 0] @ shown[:, 0]) + 2.0 * float(np.log(np.diag(root)).sum())

    def posterior(self, mean_w: float, reach_w: Any) -> Posterior:
        """Joules and mean powers of the states, with their uncertainty.

        Args:
            mean_w: what the mean power of a state of which nothing is known would be, in W.
            reach_w: its standard uncertainty in W, for all states or for each.
        """
        import numpy as np

        states = len(self.time_s)
        reach2 = np.broadcast_to(np.asarray(reach_w, dtype=float) ** 2, (states,))
        hypotheses = []
        for number in range(len(SCATTERS)):
            covariance = np.linalg.inv(self._weight[number] + np.diag(1.0 / reach2))
            power = covariance @ (self._pull[number] + mean_w / reach2)
            precision, pull = (
                self._weight_told[number] + np.diag(1.0 / reach2),
                self._pull_told[number] + mean_w / reach2,
            )
            sign = np.linalg.slogdet(precision * np.sqrt(np.outer(reach2, reach2)))[1]
            known = float(pull @ np.linalg.solve(precision, pull))
            fit = self._fit[number] + mean_w**2 * (1.0 / reach2).sum() - known + float(sign)
            share = self._share[number]
            energy = self._kept[number] + share @ power
            spread = share @ covariance @ share.T + self._rest[number]
            scatter2 = SCATTERS[number] ** 2
            chance = math.log(SCATTERS[number]) - 0.5 * fit
            hypotheses.append((chance, energy, spread, power, covariance, scatter2))
        return _weighed(hypotheses, float(np.sqrt(reach2.max(initial=0.0))), self.rows, self.time_s)


def _weighed(hypotheses: list[Any], reach_w: float, rows: int, time_s: Any) -> Posterior:
    """One normal posterior from several, each by its evidence."""
    import numpy as np

    logs = np.array([one[0] for one in hypotheses])
    weights = np.exp(logs - logs.max())
    total = float(logs.max() + math.log(weights.mean()))
    weights /= weights.sum()
    energy = sum(w * one[1] for w, one in zip(weights, hypotheses, strict=True))
    power = sum(w * one[3] for w, one in zip(weights, hypotheses, strict=True))
    spread: Any = 0.0
    powers_w2: Any = 0.0
    for w, (_, e, c, p, u2, _) in zip(weights, hypotheses, strict=True):
        spread = spread + w * (c + np.outer(e - energy, e - energy))
        powers_w2 = powers_w2 + w * (u2 + np.outer(p - power, p - power))
    return Posterior(
        np.asarray(energy),
        (spread + spread.T) / 2.0,
        np.asarray(power),
        np.sqrt(np.diag(powers_w2)),
        reach_w,
        total,
        rows,
        time_s,
        powers_w2,
        math.sqrt(sum(float(w) * one[5] for w, one in zip(weights, hypotheses, strict=True))),
    )


def mixed(posteriors: list[Posterior]) -> Posterior:
    """One posterior from several hypotheses about the sensor, each by its evidence."""
    return _weighed(
        [
            (
                one.log_evidence,
                one.energy_j,
                one.covariance_j2,
                one.power_w,
                one.power_covariance_w2,
                one.scatter**2,
            )
            for one in posteriors
        ],
        posteriors[0].prior_u_w,
        max(one.rows for one in posteriors),
        posteriors[0].time_s,
    )


def possible(posterior: Posterior, limit_w: float) -> Posterior:
    """The same, with no state below 0 J or above what the device can draw in its time.

    What would be is put to that bound, and the others follow by the covariance, so that the sum stays.

    Args:
        posterior: what the rows say.
        limit_w: the most that the device draws, in W.
    """
    import numpy as np

    energy_j, spread = posterior.energy_j.copy(), posterior.covariance_j2.copy()
    most_j = np.full(len(energy_j), math.inf)
    if len(posterior.time_s):
        most_j = _BEYOND * limit_w * posterior.time_s
    for _ in range(len(energy_j)):
        over = np.maximum(-energy_j, energy_j - most_j)
        worst = int(np.argmax(over))
        if over[worst] <= 0.0:
            break
        bound_j, variance = (0.0 if energy_j[worst] < 0.0 else most_j[worst]), float(spread[worst, worst])
        if variance > 0.0:
            along = spread[:, worst] / variance
            energy_j += along * (bound_j - energy_j[worst])
            spread -= np.outer(along, spread[worst])
        energy_j[worst] = bound_j
    return attrs.evolve(posterior, energy_j=np.clip(energy_j, 0.0, None))
