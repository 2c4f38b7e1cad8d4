"""A library of densities, with what is known of them: exact moments where there are any, and what samplers find hard.

>>> import ergodica as erg
>>> target = erg.targets.Funnel(5)
>>> target.difficulty.split(":")[0]
'scales from e^-9 to e^9'

``erg.sample(target)`` needs no space. A target of your own is a subclass of ``erg.Target``.
"""

from ergodica.targets.gaussians import Gaussian, Mixture, Student
from ergodica.targets.models import EightSchools, Horseshoe, LogGaussianCox, LogisticRegression, StochasticVolatility
from ergodica.targets.shapes import Banana, DoubleWell, Funnel, MuellerBrown, Ring, VonMises

__all__ = [
    "Banana", "DoubleWell", "EightSchools", "Funnel", "Gaussian", "Horseshoe", "LogGaussianCox", "LogisticRegression", "Mixture",
    "MuellerBrown", "Ring", "StochasticVolatility", "Student", "VonMises",
]  # fmt: skip


def __dir__() -> list[str]:
    return sorted(__all__)
