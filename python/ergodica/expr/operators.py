"""Laplacian, divergence and Taylor series, in one forward pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.expr import trees
from ergodica.expr.calls import Argnums, Function, call, handles, operands, select, smooth, typed
from ergodica.expr.forward import jvp
from ergodica.expr.program import Sub
from ergodica.expr.values import Value
from ergodica.expr.verbs import vmap


def laplacian(f: Callable[..., Any], argnums: Argnums = 0) -> Function:
    r"""The Laplacian of a function, propagated forward through it.

    .. math:: \Delta f(x) = \sum_i \frac{\partial^2 f}{\partial x_i^2}

    Every value of the program carries its Jacobian and its Laplacian; through an operation with derivatives :math:`f', f''` they become
    :math:`f' J` and :math:`f' L + f''[J, J]`. Nothing is differentiated backwards, no Hessian is made. What is zero in the Jacobians is not
    computed as long as it is known: features of particle k of ``x`` of shape (n, d) carry derivatives in its d coordinates, features of a pair
    (by broadcasting or by lists of indices) those of two, until a sum, a determinant or an attention mixes them.

    Parameters
    ----------
    f : function of NumPy arrays
        Real or complex results of any shapes; usually a scalar such as log psi.
    argnums : int or sequence of int, default 0
        The arguments whose coordinates are summed over; nested structures of real float arrays.

    Returns
    -------
    function
        Same arguments; returns the Laplacian of each array of the result, of its shape. It can be batched by ``vmap`` and differentiated.

    Raises
    ------
    SpecError
        An argument is complex or of integers, or ``f`` returns integers.

    References
    ----------
    R. Li, H. Ye, D. Jiang et al., Nat. Mach. Intell. 6, 209 (2024), arXiv:2307.08214.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> float(erg.laplacian(lambda x: np.sum(x**2))(np.ones((5, 3))))
    30.0
    >>> psi = lambda r: np.exp(-np.linalg.norm(r))  # hydrogen: -1/2 psi'' - psi / r = -1/2 psi
    >>> r = np.array([1.0, 2.0, 2.0])
    >>> bool(np.isclose(-0.5 * erg.laplacian(psi)(r) - psi(r) / 3.0, -0.5 * psi(r)))
    True
    """

    def body(*args: Any, **kwargs: Any) -> Any:
        sub, _, out = _propagated("laplacian", f, argnums, args, kwargs)
        return trees.build(sub.out_tree, out[len(sub.outs) :])

    return Function("laplacian", f, body)


def value_grad_laplacian(f: Callable[..., Any], argnums: Argnums = 0) -> Function:
    r"""Value, gradient and Laplacian of a function in one pass; what the kinetic energy of a wave function needs.

    .. math:: x \mapsto \left(f, \nabla f, \Delta f\right), \qquad
        \frac{\Delta\psi}{\psi} = \Delta \log\psi + (\nabla \log\psi)^2

    Parameters
    ----------
    f : function of NumPy arrays
        Real or complex results of any shapes.
    argnums : int or sequence of int, default 0
        The arguments to differentiate in; nested structures of real float arrays.

    Returns
    -------
    function
        Same arguments; returns ``(value, gradient, laplacian)``. The gradient has, for each array of the result, the structure of the argument
        with arrays of shape ``result.shape + argument.shape``, as :func:`jacobian` gives it, and the dtype of the result; it is not conjugated.

    Raises
    ------
    SpecError
        An argument is complex or of integers, or ``f`` returns integers.

    References
    ----------
    As for :func:`laplacian`.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> value, slope, curvature = erg.value_grad_laplacian(lambda x: np.sum(x**3))(np.array([1.0, 2.0]))
    >>> float(value), slope.tolist(), float(curvature)
    (9.0, [3.0, 12.0], 18.0)
    """

    def body(*args: Any, **kwargs: Any) -> Any:
        sub, tree, out = _propagated("value_grad_laplacian", f, argnums, args, kwargs)
        n = len(sub.outs)
        m = (len(out) - 2 * n) // max(n, 1)
        grads = [trees.build(tree, out[n + k * m : n + (k + 1) * m]) for k in range(n)]
        return tuple(trees.build(sub.out_tree, part) for part in (out[:n], grads, out[n + n * m :]))

    return Function("value_grad_laplacian", f, body)


def _propagated(kind: str, f: Callable[..., Any], argnums: Argnums, args: Any, kwargs: Any) -> tuple[Sub, Any, list[Any]]:
    sub = Sub(f, args, kwargs)
    wrt, tree = _coordinates(kind, sub, argnums)
    ys = sub.out_types
    grads = [(y[0], y[1] + sub.types[w][1]) for y in ys for w in wrt] if kind == "value_grad_laplacian" else []
    return sub, tree, handles(call(sub, [{"kind": kind, "wrt": wrt}], operands(sub, sub.leaves), ys + grads + ys))


def _coordinates(kind: str, sub: Sub, argnums: Argnums) -> tuple[list[int], Any]:
    wrt, tree = select(argnums, sub, kind)
    for w in wrt:
        if sub.types[w][0].kind == "c":
            instead = "Write it as x + 1j * y, of real arguments x and y."
            raise SpecError(f"{kind}: {sub._argument(w)} is {sub.types[w][0]}; {kind} sums over real coordinates", instead)
    if len(smooth(sub)) < len(sub.outs):
        raise SpecError(f"{kind}: {sub.name} returns integers or truth values, which have no derivative")
    return wrt, tree


def divergence(f: Callable[..., Any], argnums: int = 0, method: str = "exact") -> Function:
    r"""The divergence of a vector field.

    .. math:: \nabla \cdot f(x) = \sum_i \frac{\partial f_i}{\partial x_i}

    Exact: by forward propagation of the Jacobian, of which only what can be nonzero is kept, as in :func:`laplacian`. By Hutchinson's
    estimator: :math:`\frac{1}{m} \sum_k v_k^T J v_k` over given probes of unit covariance, at the cost of m directional derivatives.

    Parameters
    ----------
    f : function of NumPy arrays
        Returns an object of the structure and shapes of the argument.
    argnums : int, default 0
        The argument; a nested structure of real float arrays.
    method : {"exact", "hutchinson"}

    Returns
    -------
    function
        Same arguments; returns a scalar. With "hutchinson" a last argument follows: probes, of the argument's structure with an extra axis 0
        of length m, for instance of random signs.

    Raises
    ------
    ShapeError
        The result does not have the shapes of the argument, or the probes do not.
    SpecError
        An argument is complex or of integers.

    References
    ----------
    M. F. Hutchinson, Commun. Stat. Simul. Comput. 18, 1059 (1989).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> field = lambda x: x * np.sum(x**2)
    >>> x = np.array([1.0, 2.0])
    >>> float(erg.divergence(field)(x))  # (d + 2) x^2
    20.0
    >>> signs = np.array([[1.0, 1.0], [1.0, -1.0]])
    >>> float(erg.divergence(field, method="hutchinson")(x, signs))
    20.0
    """
    if method not in ("exact", "hutchinson"):
        raise SpecError(f"divergence: method must be exact or hutchinson, got {method!r}")

    def exact(*args: Any, **kwargs: Any) -> Any:
        sub = Sub(f, args, kwargs)
        wrt, _ = _coordinates("divergence", sub, argnums)
        _same_shapes([s for _, s in sub.out_types], [sub.types[w][1] for w in wrt], sub.name)
        types = [*sub.out_types, (sub.out_types[0][0], ())]
        return handles(call(sub, [{"kind": "divergence", "wrt": wrt}], operands(sub, sub.leaves), types))[-1]

    def hutchinson(*args: Any, **kwargs: Any) -> Any:
        if len(args) < 2:
            raise SpecError("divergence: expected arguments and probes, got one argument")
        *xs, probes = args
        k = argnums % len(xs)

        def along(v: Any) -> Any:
            y, slope = jvp(lambda x: f(*xs[:k], x, *xs[k + 1 :], **kwargs), (xs[k],), (v,))
            vs, ds = trees.flatten(v)[1], trees.flatten(slope, trees.is_result)[1]
            _same_shapes([np.shape(d) for d in trees.flatten(y, trees.is_result)[1]], [np.shape(u) for u in vs], getattr(f, "__name__", "f"))
            return sum(np.sum(u * d) for u, d in zip(vs, ds, strict=True))

        return np.mean(vmap(along)(probes), axis=0)

    return Function("divergence", f, exact if method == "exact" else hutchinson)


def _same_shapes(ys: list[Any], xs: list[Any], name: str) -> None:
    if ys != xs:
        raise ShapeError(f"divergence: {name} must return arrays of the shapes of its argument, {xs}, got {ys}")


def jet(f: Callable[..., Any], primals: Sequence[Any], series: Sequence[Sequence[Any]]) -> tuple[Any, list[Any]]:
    r"""Derivatives of all orders up to K of a function along a path (Taylor mode).

    .. math:: x(t) = x_0 + \sum_{k=1}^{K} \frac{t^k}{k!} x_k, \qquad y_k = \left.\frac{d^k}{dt^k} f(x(t))\right|_{t=0}

    The cost grows with :math:`K^2`; nested ``jvp`` takes :math:`2^K`.

    Parameters
    ----------
    f : function of NumPy arrays
    primals : sequence of arguments
    series : for each argument the sequence of its K derivatives in t
        Each has the structure and shapes of the argument. None, or the integer 0, is a zero that costs nothing: ``(v, 0, 0, 0)`` is the
        straight line :math:`x_0 + t v`.

    Returns
    -------
    (result, list of its K derivatives)
        All of the result's structure; derivatives, not divided by k!. Integer and boolean results have derivatives 0.0.

    Raises
    ------
    SpecError
        The series have different lengths, none at all, or more than 64; or do not fit the arguments.
    ShapeError
        A derivative does not have the shape of its argument.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> y, (y1, y2, y3) = erg.jet(np.exp, (0.0,), ((2.0, 0, 0),))
    >>> float(y1), float(y2), float(y3)
    (2.0, 4.0, 8.0)

    The fourth derivative of a network u(x) at many points:

    >>> u = lambda x: np.tanh(2 * x)
    >>> x = np.linspace(-1.0, 1.0, 5)
    >>> u4 = erg.jet(u, (x,), ((np.ones_like(x), 0, 0, 0),))[1][3]
    >>> bool(np.allclose(u4, 16 * (16 * np.tanh(2 * x) - 40 * np.tanh(2 * x) ** 3 + 24 * np.tanh(2 * x) ** 5)))
    True

    Time derivatives of the solution of x' = F(x), one order after the other:

    >>> F = lambda x: x * (1 - x)
    >>> x, derivatives = 0.5, [F(0.5)]
    >>> for _ in range(3):
    ...     derivatives = [F(0.5), *erg.jet(F, (x,), (derivatives,))[1]]
    >>> [float(d) for d in derivatives]  # of 1 / (1 + exp(-t)) at t = 0
    [0.25, 0.0, -0.125, 0.0]
    """
    lengths = {len(s) for s in series}
    if len(series) != len(primals) or len(lengths) != 1 or not 1 <= min(lengths) <= 64:
        raise SpecError(
            f"jet: expected for each of {len(primals)} arguments a series of the same 1 to 64 derivatives, got lengths {[len(s) for s in series]}",
            "Try erg.jet(f, (x,), ((v, 0, 0),)) for three derivatives along v.",
        )
    order = lengths.pop()

    def body(primals: Any, series: Any) -> Any:
        sub = Sub(f, tuple(primals), {})
        wrt, given, paths = _paths(sub, series, order)
        live, ys = smooth(sub), sub.out_types
        types = ys + [ys[k] for k in live for _ in range(order)]
        transform = {"kind": "jet", "wrt": wrt, "order": order, "in": given}
        out = handles(call(sub, [transform], operands(sub, sub.leaves) + paths, types))
        n = len(ys)
        derivatives: list[list[Any]] = [[0.0] * n for _ in range(order)]
        for i, k in enumerate(live):
            for j in range(order):
                derivatives[j][k] = out[n + i * order + j]
        return trees.build(sub.out_tree, out[:n]), [trees.build(sub.out_tree, d) for d in derivatives]

    return Function("jet", f, body)(tuple(primals), tuple(tuple(None if _zero(d) else d for d in s) for s in series))


def _zero(d: Any) -> bool:
    return d is None or (type(d) is int and d == 0)


def _paths(sub: Sub, series: Any, order: int) -> tuple[list[int], list[int], list[Value]]:
    """The inputs that move, which derivatives of theirs are not zero, and these."""
    wrt: list[int] = []
    given: list[int] = []
    paths: list[Value] = []
    first = 0
    for tree, s in zip(sub.tree[2][0][2], series, strict=True):
        count = len(trees.spread(None, tree, ""))
        rows = [[None] * count if d is None else trees.flatten(d)[1] for d in s]
        for k in range(count):
            w = first + k
            if sub.types[w][0].kind not in "fc":
                continue
            wrt.append(w)
            for d in rows:
                if len(d) != count:
                    raise SpecError(f"jet: expected derivatives of the structure of {sub._argument(w)}, {count} arrays, got {len(d)}")
                given.append(int(d[k] is not None))
                if d[k] is not None:
                    paths.append(typed(d[k], sub.types[w][:2], f"derivative of {sub._argument(w)}"))
        first += count
    return wrt, given, paths
