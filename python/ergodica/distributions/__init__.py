"""Laws with densities, draws and moments: the words of a model.

>>> import numpy as np
>>> from ergodica.distributions import Normal
>>> law = Normal(loc=np.array([0.0, 1.0]), scale=2.0)
>>> law.log_prob(np.zeros(2)).shape, law.variance.tolist()
((2,), [4.0, 4.0])

Parameters may be traced values, so that they serve within energies and log densities, and as priors of :class:`erg.Posterior`, which finds the
space of a parameter by its law.
"""

from ergodica.distributions.base import Distribution
from ergodica.distributions.bounded import Beta, TruncatedNormal, Uniform, VonMises
from ergodica.distributions.counts import Bernoulli, BetaBinomial, Binomial, Categorical, NegativeBinomial, OrderedLogistic, Poisson
from ergodica.distributions.line import Cauchy, Gumbel, Laplace, Logistic, Normal, StudentT
from ergodica.distributions.positive import Exponential, Gamma, HalfCauchy, HalfNormal, HalfStudentT, InverseGamma, LogNormal, Weibull
from ergodica.distributions.vectors import Dirichlet, LKJCholesky, MultivariateNormal

__all__ = [
    "Bernoulli", "Beta", "BetaBinomial", "Binomial", "Categorical", "Cauchy", "Dirichlet", "Distribution", "Exponential", "Gamma", "Gumbel",
    "HalfCauchy", "HalfNormal", "HalfStudentT", "InverseGamma", "LKJCholesky", "Laplace", "LogNormal", "Logistic", "MultivariateNormal",
    "NegativeBinomial", "Normal", "OrderedLogistic", "Poisson", "StudentT", "TruncatedNormal", "Uniform", "VonMises", "Weibull",
]  # fmt: skip


def __dir__() -> list[str]:
    return sorted(__all__)
