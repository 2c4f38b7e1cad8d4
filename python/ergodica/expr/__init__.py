"""Array programs: plain NumPy functions traced, differentiated, batched and run in the core.

>>> import numpy as np
>>> import ergodica as erg
>>> def energy(x):
...     return np.sum((x**2 - 1) ** 2)
>>> erg.grad(energy)(np.array([0.5, 2.0])).tolist()
[-1.5, 24.0]

:func:`grad`, :func:`value_and_grad`, :func:`jvp`, :func:`vjp`, :func:`linearize`, :func:`jacobian`, :func:`hessian`, :func:`hvp` and :func:`vmap`
compose to any order, inside traced functions too; they trace at each call. :func:`compile` freezes. :func:`scan`, :func:`fori_loop`,
:func:`while_loop` and :func:`map` are loops as one operation, :func:`cond` and :func:`switch` branches of which one runs; :func:`remat` trades time
for memory.
"""

from ergodica.expr.compiled import Compiled, compile
from ergodica.expr.control import cond, custom_derivative, custom_linear_solve, custom_root, fori_loop, map, remat, scan, switch, while_loop
from ergodica.expr.forward import fisher, gauss_newton, jvp, linearize, vjp
from ergodica.expr.ode import odeint
from ergodica.expr.operators import divergence, jet, laplacian, value_grad_laplacian
from ergodica.expr.program import Program
from ergodica.expr.sums.convolution import average_pool, conv, max_pool
from ergodica.expr.sums.segments import segment_max, segment_mean, segment_min, segment_sum, top_k
from ergodica.expr.sums.sparse import sparse_product
from ergodica.expr.verbs import grad, hessian, hvp, jacobian, per_example_grad, per_example_grad_norm, value_and_grad, vmap

__all__ = [
    "Compiled",
    "Program",
    "average_pool",
    "compile",
    "conv",
    "divergence",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jet",
    "jvp",
    "laplacian",
    "linearize",
    "max_pool",
    "segment_max",
    "segment_mean",
    "segment_min",
    "segment_sum",
    "sparse_product",
    "top_k",
    "value_and_grad",
    "value_grad_laplacian",
    "vjp",
    "vmap",
]
__all__ += ["cond", "custom_derivative", "custom_linear_solve", "custom_root", "fori_loop", "map", "odeint", "remat", "scan", "switch", "while_loop"]
__all__ += ["fisher", "gauss_newton", "per_example_grad", "per_example_grad_norm"]


def __dir__() -> list[str]:
    return sorted(__all__)
