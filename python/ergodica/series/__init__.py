"""State-space models: filters, smoothers and samplers of their parameters."""

from ergodica.series.linear import LinearGaussian
from ergodica.series.model import StateSpace
from ergodica.series.runs import Filtered
from ergodica.series.verbs import filter, smooth

__all__ = ["Filtered", "LinearGaussian", "StateSpace", "filter", "smooth"]
