"""Straight lines between logarithms: energy as a product of powers, with an interval for a new case."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.records.coverage import t_quantile

__all__ = ["EXPONENT_SD", "LogLinear", "LogNormal"]

# Exponents on one covariate differ between public environments by about this much (0.14 to 0.66 on
# operations, 0.37 to 1.08 on activations, standard deviations 0.2 to 0.3): what a line may be off by for each
# factor e that a case lies beyond its data.
EXPONENT_SD = 0.25


@attrs.frozen
class LogNormal:
    """A positive number known up to a factor.

    Args:
        median: its median.
        low: lower end of the 95 % interval.
        high: upper end.
    """

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, log: float, sd: float, factor: float = 1.959963984540054) -> LogNormal:
        """From the logarithm's mean and standard deviation, and how many of them 95 % takes on a side.

        Example:
            >>> LogNormal.of(0.0, 0.5).high
            2.664...
        """
        return cls(math.exp(log), math.exp(log - factor * sd), math.exp(log + factor * sd))

    @property
    def spread(self) -> float:
        """Upper over lower end."""
        return self.high / self.low

    def __mul__(self, factor: float) -> LogNormal:
        return LogNormal(self.median * factor, self.low * factor, self.high * factor)


@attrs.frozen(kw_only=True)
class LogLinear:
    """``ln y = c0 + c1 ln x1 + c2 ln x2 + ...``, fitted by least squares, with the covariance of the fit.

    Args:
        names: of the covariates x, in order.
        coefficients: c0 first.
        covariance: of the coefficients, divided by the residual variance (the inverse of X'X).
        sd: standard deviation of ln y about the line, found by leaving one out where that is larger.
        degrees: degrees of freedom, rows less coefficients.
        ranges: smallest and largest x of the rows, by name.
        fixed: exponents that were given and not fitted, by name.

    Example:
        >>> fit = LogLinear.fit({"flops": [1e9, 2e9, 4e9, 8e9, 16e9]}, [1.0, 2.1, 3.9, 8.2, 15.8])
        >>> round(fit.coefficients[1], 2)
        0.99
        >>> inside, outside = fit.predict({"flops": 4e9}), fit.predict({"flops": 4e12})
        >>> outside.spread > 10 * inside.spread, fit.beyond({"flops": 4e12})
        (True, {'flops': 250.0})
    """

    names: Sequence[str]
    coefficients: Sequence[float]
    covariance: Sequence[Sequence[float]]
    sd: float
    degrees: int
    ranges: Mapping[str, tuple[float, float]]
    fixed: Mapping[str, float] = attrs.field(factory=dict)

    @classmethod
    def fit(
        cls,
        covariates: Mapping[str, Sequence[float]],
        y: Sequence[float],
        groups: Sequence[object] | None = None,
        fixed: Mapping[str, float] | None = None,
    ) -> LogLinear:
        """Least squares on the logarithms.

        Args:
            covariates: columns by name, all above 0; one that does not vary is left out.
            y: the values, all above 0.
            groups: what each row is one of (its model): rows of one group err alike, so groups are left out
                whole and counted as one; None takes every row for itself.
            fixed: exponents of covariates that are not fitted: with few rows a stated one is the better one.

        Raises:
            ArgumentError: too few groups (two more than coefficients are needed), or a value not above 0.
        """
        import numpy as np

        for name, column in {**covariates, "y": y}.items():
            if len(column) != len(y) or not all(0.0 < value < math.inf for value in column):
                raise ArgumentError(argument=name, expected=f"{len(y)} finite numbers above 0", got=column)
        fixed = dict(fixed or {})
        names = [
            name for name, column in covariates.items() if max(column) > min(column) and name not in fixed
        ]
        rows = np.column_stack([np.ones(len(y)), *(np.log(covariates[name]) for name in names)])
        belongs = np.unique(
            np.arange(len(y)) if groups is None else list(map(str, groups)), return_inverse=True
        )[1]
        count = int(belongs.max()) + 1 if len(y) else 0
        if count < rows.shape[1] + 2:
            what = "rows" if groups is None else "models"
            raise ArgumentError(
                f"{count} {what} are too few for {rows.shape[1]} coefficients",
                argument="covariates",
                remedy=f"{rows.shape[1] + 2} are needed",
            )
        logs = np.log(y) - sum(power * np.log(covariates[name]) for name, power in fixed.items())
        inverse = np.linalg.pinv(rows.T @ rows)
        coefficients = inverse @ rows.T @ logs
        residuals = logs - rows @ coefficients
        own = math.sqrt(float(residuals @ residuals) / (len(y) - rows.shape[1]))
        return cls(
            names=names,
            coefficients=coefficients.tolist(),
            covariance=inverse.tolist(),
            sd=max(own, _left_out_sd(rows, logs, belongs)),
            degrees=count - rows.shape[1],
            ranges={name: (min(covariates[name]), max(covariates[name])) for name in (*names, *fixed)},
            fixed=fixed,
        )

    def predict(self, case: Mapping[str, float]) -> LogNormal:
        """A new y at these covariates, with its 95 % prediction interval.

        Outside of the range of the rows the interval is wider than the fit alone says: each exponent may be
        another one there, by `EXPONENT_SD`.

        Raises:
            ArgumentError: a covariate is missing or not above 0.
        """
        for name in (*self.names, *self.fixed):
            value = case.get(name)
            if value is None or not 0.0 < value < math.inf:
                raise ArgumentError(
                    "the fit needs it, as a finite number above 0", argument=name, remedy=f"got {value!r}"
                )
        row = [1.0, *(math.log(case[name]) for name in self.names)]
        log = math.fsum(c * x for c, x in zip(self.coefficients, row, strict=True))
        log += math.fsum(power * math.log(case[name]) for name, power in self.fixed.items())
        leverage = math.fsum(
            a * b * v
            for a, line in zip(row, self.covariance, strict=True)
            for b, v in zip(row, line, strict=True)
        )
        outside = math.fsum((EXPONENT_SD * math.log(times)) ** 2 for times in self.beyond(case).values())
        sd = math.sqrt(self.sd**2 * (1.0 + max(leverage, 0.0)) + outside)
        return LogNormal.of(log, sd, t_quantile(0.95, self.degrees))

    def beyond(self, case: Mapping[str, float]) -> dict[str, float]:
        """By how many times each covariate lies outside of the range of the rows; without those inside."""
        outside = {}
        for name in (*self.names, *self.fixed):
            low, high = self.ranges[name]
            times = max(case[name] / high, low / case[name])
            if times > 1.0 + 1e-9:
                outside[name] = times
        return outside

    @property
    def exponents(self) -> dict[str, float]:
        """Exponent of each covariate, those given among them."""
        return {**dict(zip(self.names, self.coefficients[1:], strict=True)), **self.fixed}

    @property
    def half_width(self) -> float:
        """Half of the 95 % interval of ln y in the middle of the rows."""
        return t_quantile(0.95, self.degrees) * self.sd

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "names": list(self.names),
            "coefficients": list(self.coefficients),
            "covariance": [list(line) for line in self.covariance],
            "sd": self.sd,
            "degrees": self.degrees,
            "fixed": dict(self.fixed),
            "ranges": {name: list(pair) for name, pair in self.ranges.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LogLinear:
        """The inverse of `to_dict`."""
        ranges = {name: (pair[0], pair[1]) for name, pair in data["ranges"].items()}
        return cls(**{**{name: data[name] for name in _PLAIN}, "ranges": ranges})


def _left_out_sd(rows: Any, logs: Any, belongs: Any) -> float:
    """Standard deviation about the line, from each group's distance to the line of the others."""
    import numpy as np

    squares = []
    for group in range(int(belongs.max()) + 1):
        out = belongs == group
        inverse = np.linalg.pinv(rows[~out].T @ rows[~out])
        missed = logs[out] - rows[out] @ (inverse @ rows[~out].T @ logs[~out])
        leverage = np.einsum("ij,jk,ik->i", rows[out], inverse, rows[out])
        squares.append(float(np.mean(missed**2 / (1.0 + leverage))))
    return math.sqrt(math.fsum(squares) / len(squares))


_PLAIN = ("names", "coefficients", "covariance", "sd", "degrees", "fixed")
