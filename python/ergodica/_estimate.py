"""Values with standard errors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Estimate(NamedTuple):
    """A value with its standard error.

    Examples
    --------
    >>> import ergodica as erg
    >>> erg.stats.Estimate(1.23456, 0.012)
    1.235(12)
    """

    value: Any
    se: Any

    def __repr__(self) -> str:
        if np.ndim(self.value):
            return f"Estimate(value={np.asarray(self.value)!r}, se={np.asarray(self.se)!r})"
        return with_error(float(self.value), float(self.se))


class Binning(NamedTuple):
    """Standard errors from blocks of growing length; they level off once blocks are much longer than tau_int."""

    length: np.ndarray
    se: np.ndarray
    se_err: np.ndarray


def with_error(value: float, se: float) -> str:
    """A number with its error in the last two digits: 1.235(12)."""
    if not (np.isfinite(value) and np.isfinite(se)) or se <= 0:
        return f"{value:.6g}"
    se = float(f"{se:.1e}")  # two digits
    digits = 1 - int(np.floor(np.log10(se)))
    if digits < 0:
        return f"{value:.0f}({se:.0f})"
    if digits > 9:
        return f"{value:.6g} +- {se:.2g}"
    return f"{value:.{digits}f}({round(se * 10**digits)})"
