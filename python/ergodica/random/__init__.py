r"""Random numbers in programs: every draw is a function of a key.

>>> import ergodica as erg
>>> key = erg.random.key(1)
>>> x = erg.random.normal(key, (3,))
>>> bool((x == erg.random.normal(key, (3,))).all())  # the same key, the same draw
True
>>> first, second = erg.random.split(key)

A key is one int64, the word of a Philox4x32-10 generator (Salmon, Moraes, Dror, Shaw, SC 2011); element k of a draw depends on (key, k) alone, so
that neither threads nor batches change it. Use a key for one draw; get others by :func:`split` and :func:`fold_in`. All functions work on numbers, in
traced functions, and under ``erg.vmap`` over keys. Draws differentiate in their parameters where a reparametrisation is known: by location and scale,
through the inverse distribution function, and implicitly for gamma, beta, Dirichlet, Student and von Mises draws.
"""

from ergodica.random.continuous import (
    beta,
    cauchy,
    dirichlet,
    exponential,
    gamma,
    gumbel,
    laplace,
    loggamma,
    logistic,
    multivariate_normal,
    normal,
    student_t,
    truncated_normal,
    uniform,
    von_mises,
)
from ergodica.random.discrete import bernoulli, binomial, categorical, choice, permutation, poisson, rademacher, randint
from ergodica.random.keys import bits, fold_in, key, split

__all__ = [
    "bernoulli", "beta", "binomial", "bits", "categorical", "cauchy", "choice", "dirichlet", "exponential", "fold_in", "gamma", "gumbel", "key",
    "laplace", "loggamma", "logistic", "multivariate_normal", "normal", "permutation", "poisson", "rademacher", "randint", "split", "student_t",
    "truncated_normal", "uniform", "von_mises",
]  # fmt: skip


def __dir__() -> list[str]:
    return sorted(__all__)
