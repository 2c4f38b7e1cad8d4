"""Functions with derivatives of their own: rules by hand, roots and linear systems by the implicit function theorem."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.expr import trees
from ergodica.expr.calls import Function, Type, call, handles, operands, typed
from ergodica.expr.control.inner import captured, direct, emit, inside, wire
from ergodica.expr.program import Sub, name_of
from ergodica.expr.tracer import Tracer
from ergodica.expr.values import Value, active, lift


def _smooth(types: list[Type]) -> list[int]:
    return [k for k, (d, _) in enumerate(types) if d.kind in "fc"]


def _sub(f: Callable[..., Any], name: str, *args: Any) -> Sub:
    g = lambda *args: f(*args)
    g.__name__ = name
    return Sub(g, args, {})


def _is_array(v: Value) -> bool:
    """Whether a value is a concrete array that the trace, or one around it, read."""
    behind = -1 - v.id - v.trace.arguments
    if behind < 0:
        return False
    return v.trace.parent is None or _is_array(v.trace.captured[behind])


def _refuse_traced(sub: Sub, kind: str) -> None:
    """A rule says nothing of values that the function takes from around it; arrays there are constant."""
    for v in sub.trace.captured:
        if v.dtype.kind in "fc" and not _is_array(v):
            raise SpecError(f"{kind}: {sub.name} uses a traced value of the function around it, of which the rule knows nothing",
                            "Pass it as an argument.")  # fmt: skip


def _zeros(types: list[Type]) -> list[Value]:
    from ergodica.expr.shapes import full

    return [full(s, 0.0, d) for d, s in types]


def _matching(x: Any, types: list[Type], what: str) -> list[Value]:
    """The leaves of what a rule returns for these values; those without derivative may be left out or anything."""
    leaves = trees.flatten(x, trees.is_result)[1]
    smooth = _smooth(types)
    if len(leaves) == len(types):
        leaves = [leaves[k] for k in smooth]
    if len(leaves) != len(smooth):
        raise SpecError(f"{what}: expected {len(smooth)} arrays, got {len(leaves)}")
    out = []
    for v, k in zip(leaves, smooth, strict=True):
        if np.shape(v) == () and types[k][1] and not isinstance(v, Tracer):
            v = np.broadcast_to(v, types[k][1])
        out.append(typed(v, types[k], what))
    return out


def custom_derivative(f: Callable[..., Any], jvp: Callable[..., Any] | None = None, vjp: Any = None) -> Function:
    r"""The function with a derivative rule in place of that of its operations.

    With ``jvp``, both modes and all orders follow: reverse mode transposes the rule, which must be linear in the tangents. With ``vjp``, reverse mode
    alone; with both, each mode has its own rule, and forward mode is of first order.

    Parameters
    ----------
    f : function of arrays or nested structures
        What it takes from around it has to be constant.
    jvp : function of (primals, tangents), returning (result, tangent of the result)
        Tuples with one entry for each argument, in its structure; as JAX's ``defjvp``. Tangents of integers are 0.0.
    vjp : pair of functions (forward, backward)
        ``forward(*args)`` returns (result, residuals), ``backward(residuals, cotangent)`` a tuple with one cotangent for each argument (anything for
        integers); as JAX's ``defvjp``.

    Returns
    -------
    function
        Same arguments and results as ``f``.

    Raises
    ------
    SpecError
        No rule, or a rule returns another structure than it should.
    ShapeError
        A rule returns another shape or dtype than it should.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> log1pexp = erg.custom_derivative(
    ...     lambda x: np.log1p(np.exp(x)), jvp=lambda x, t: (np.log1p(np.exp(x[0])), t[0] * (1 - 1 / (1 + np.exp(x[0])))))
    >>> float(erg.grad(log1pexp)(100.0)), round(float(erg.grad(erg.grad(log1pexp))(0.0)), 6)
    (1.0, 0.25)
    >>> clipped = erg.custom_derivative(lambda x: x, vjp=(lambda x: (x, None), lambda _, u: (np.clip(u, -1, 1),)))
    >>> float(erg.grad(lambda x: clipped(x) * 10)(1.0))
    1.0
    """
    name = name_of(f)
    if jvp is None and vjp is None:
        raise SpecError(f"custom_derivative: expected jvp, vjp or both for {name}")
    if vjp is not None and not (isinstance(vjp, (tuple, list)) and len(vjp) == 2 and all(callable(g) for g in vjp)):
        raise SpecError("custom_derivative: expected vjp to be a pair of functions (forward, backward)")

    def body(*args: Any) -> Any:
        sub = Sub(f, args, {})
        _refuse_traced(sub, "custom_derivative")
        types = [t[:2] for t in sub.types]
        leaves = [Tracer(v) for v in operands(sub, sub.leaves)[: len(sub.leaves)]]
        primals = trees.build(sub.tree[2][0], leaves)
        if vjp is None:
            return _with_jvp(sub, types, leaves, primals)
        return _with_vjp(sub, types, leaves, primals)

    def _jvp_rule(sub: Sub, types: list[Type], leaves: list[Tracer], primals: Any) -> Sub:
        smooth = _smooth(types)

        def tangent(primals: Any, given: Any) -> Any:
            assert jvp is not None
            t: list[Any] = [0.0] * len(types)
            for k, v in zip(smooth, given, strict=True):
                t[k] = v
            out = jvp(tuple(primals), tuple(trees.build(sub.tree[2][0], t)))
            if not isinstance(out, (tuple, list)) or len(out) != 2:
                raise SpecError(f"custom_derivative: the jvp of {name} must return a pair (result, tangent)")
            return [Tracer(v) for v in _matching(out[1], sub.out_types, f"custom_derivative: tangent that the jvp of {name} returns")]

        return _sub(tangent, f"jvp of {name}", primals, [leaves[k] for k in smooth])

    def _ruled(rule: Sub, types: list[Type], consts: list[Value]) -> Any:
        return wire(rule, consts, len(types), [(v.dtype, v.shape) for v in consts if v.dtype.kind in "fc"])

    def _with_jvp(sub: Sub, types: list[Type], leaves: list[Tracer], primals: Any) -> Any:
        rule = _jvp_rule(sub, types, leaves, primals)
        consts = captured(sub, rule)
        attrs = {"program": wire(sub, consts), "rules": [_ruled(rule, types, consts)]}
        return trees.build(sub.out_tree, emit("custom_jvp", attrs, [*[lift(x) for x in leaves], *consts], sub.out_types))

    def _with_vjp(sub: Sub, types: list[Type], leaves: list[Tracer], primals: Any) -> Any:
        assert vjp is not None
        forward, backward = vjp
        ahead = _sub(forward, f"forward rule of {name}", *primals)
        tree = ahead.out_tree
        if tree is trees.LEAF or tree[0] != "list" or len(tree[2]) != 2 or trees.key(tree[2][0]) != trees.key(sub.out_tree):
            raise SpecError(f"custom_derivative: the forward rule of {name} must return a pair (result, residuals)")
        n = len(sub.outs)
        _matching(trees.build(sub.out_tree, handles(sub.outs)), ahead.out_types[:n], f"custom_derivative: result of the forward rule of {name}")
        kept = [Tracer(Value(active(), 0, d, s)) for d, s in ahead.out_types[n:]]  # stand for their types
        live = _smooth(sub.out_types)
        cts = [Tracer(Value(active(), 0, *sub.out_types[k])) for k in live]

        def back(residuals: Any, given: Any) -> Any:
            u: list[Any] = [0.0] * n
            for k, v in zip(live, given, strict=True):
                u[k] = v
            out = backward(trees.build(tree[2][1], residuals), trees.build(sub.out_tree, u))
            what = f"custom_derivative: cotangents that the backward rule of {name} returns"
            if not isinstance(out, (tuple, list)) or len(out) != len(primals):
                raise SpecError(f"{what}: expected a tuple of {len(primals)}")
            return [Tracer(v) for v in _matching(tuple(out), types, what)]

        behind = _sub(back, f"backward rule of {name}", kept, cts)
        more = captured(behind)  # residuals too
        forwards = [] if jvp is None else [_jvp_rule(sub, types, leaves, primals)]
        consts = captured(sub, ahead, behind, *forwards)
        with inside(ahead):
            ahead.outs = ahead.outs + [Value(ahead.trace, ahead.trace.local(v), v.dtype, v.shape) for v in more]
        with inside(behind):
            behind.outs = behind.outs + _zeros([(v.dtype, v.shape) for v in consts if v.dtype.kind in "fc"])
        rules = [wire(ahead, consts), wire(behind, more, len(kept)), *[_ruled(rule, types, consts) for rule in forwards]]
        attrs = {"program": wire(sub, consts), "rules": rules}
        return trees.build(sub.out_tree, emit("custom_vjp", attrs, [*[lift(x) for x in leaves], *consts], sub.out_types))

    return Function("custom_derivative", f, body)


def custom_linear_solve(
    matvec: Callable[..., Any], b: Any, solve: Callable[..., Any] | None = None, transpose_solve: Callable[..., Any] | None = None
) -> Any:
    r"""The x with A x = b, differentiated as a linear system, whatever solves it.

    .. math:: x = A^{-1} b, \qquad \dot x = A^{-1} (\dot b - \dot A x), \qquad \bar b = A^{-T} \bar x

    Parameters
    ----------
    matvec : linear function x -> A x, of arrays of the structure of ``b``
        It may use traced values of the function around it, in which derivatives are taken.
    b : array or nested structure of floats or complex numbers
    solve : function of (matvec, b), returning x; optional
        Its own operations are never differentiated, so it may iterate. None: the matrix is built and factorised.
    transpose_solve : function of (vecmat, u), returning the solution of the transposed system; optional
        ``vecmat`` is u -> A^T u. None: ``solve``.

    Returns
    -------
    x, of the structure of ``b``

    Raises
    ------
    ShapeError, SpecError
        ``matvec`` or a solver returns another structure, shape or dtype than ``b``.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> def jacobi(matvec, b):
    ...     return erg.fori_loop(0, 60, lambda i, x: x + (b - matvec(x)) / 4, b)
    >>> A = np.array([[4.0, 1.0], [1.0, 3.0]])
    >>> x = lambda c: erg.custom_linear_solve(lambda v: c * (A @ v), np.array([1.0, 2.0]), jacobi)
    >>> bool(np.allclose(erg.jacobian(x)(1.0), -np.linalg.solve(A, [1.0, 2.0])))
    True
    """
    return direct("custom_linear_solve", matvec, lambda b: _linear_solve(matvec, b, solve or dense, transpose_solve or solve or dense), b)


def dense(matvec: Callable[..., Any], b: Any) -> Any:
    """Solve a linear system through its matrix."""
    from ergodica.expr.verbs import vmap

    tree, leaves, _ = trees.flatten(b)
    shapes = [np.shape(x) for x in leaves]
    ends = np.cumsum([int(np.prod(s)) for s in shapes])
    cut = lambda v: trees.build(tree, [p.reshape(s) for p, s in zip(np.split(v, ends[:-1]), shapes, strict=True)])
    join = lambda x: np.concatenate([np.ravel(p) for p in trees.flatten(x)[1]])
    flat = join(b)
    columns = vmap(lambda v: join(matvec(cut(v))))(np.eye(int(ends[-1])).astype(flat.dtype))
    return cut(np.linalg.solve(columns.T, flat))


def _linear_solve(matvec: Callable[..., Any], b: Any, solve: Callable[..., Any], transpose_solve: Callable[..., Any]) -> Any:
    tree, leaves, names = trees.flatten(b)
    rhs = [lift(x) for x in leaves]
    types = [(v.dtype, v.shape) for v in rhs]
    if not rhs or len(_smooth(types)) < len(rhs):
        raise SpecError("custom_linear_solve: expected float or complex arrays as b", "Use b.astype(float).")

    def program(f: Callable[..., Any], name: str) -> Sub:
        sub = _sub(f, name, trees.build(tree, handles(rhs)))
        if trees.key(sub.out_tree) != trees.key(tree):
            raise SpecError(f"custom_linear_solve: {name} returns another structure than b")
        for (d, s), v, at in zip(types, sub.outs, names, strict=True):
            if v.shape != s or v.dtype != d:
                raise ShapeError(f"custom_linear_solve: {name} returns {v.dtype} of shape {v.shape} for b{at}, which is {d} of shape {s}")
        return sub

    def vecmat(u: Any) -> Any:
        from ergodica.expr.forward import vjp

        return vjp(matvec, u)[1](u)[0]

    product = program(matvec, name_of(matvec))
    solver = program(lambda u: solve(matvec, u), f"solve of {name_of(matvec)}")
    subs = [solver, program(lambda u: transpose_solve(vecmat, u), "transpose_solve"), product]
    consts = captured(*subs)
    attrs = {"n": len(consts), "rules": [wire(sub, consts, 0) for sub in subs]}
    return trees.build(tree, emit("custom_solve", attrs, [*consts, *rhs], types))


def custom_root(
    f: Callable[..., Any], initial: Any, solve: Callable[..., Any], tangent_solve: Callable[..., Any] | None = None, transpose_solve: Any = None
) -> Any:
    r"""The x with f(x) = 0 that ``solve`` finds, differentiated by the implicit function theorem.

    .. math:: f(x, \theta) = 0 \;\Rightarrow\; \dot x = -\left(\frac{\partial f}{\partial x}\right)^{-1} \frac{\partial f}{\partial \theta} \dot\theta

    for all values :math:`\theta` that ``f`` takes from the function around it. Both modes and all orders hold; the iterations of ``solve`` are never
    differentiated. The derivative in ``initial`` is zero.

    Parameters
    ----------
    f : function of x, returning an object of the structure, shapes and dtypes of x
    initial : array or nested structure of floats
    solve : function of (f, initial), returning x
    tangent_solve : function of (matvec, b), optional
        Solves the linear system of the derivative. None: the matrix is built and factorised.
    transpose_solve : function of (vecmat, b), optional
        Solves the transposed one. None: ``tangent_solve``.

    Returns
    -------
    x

    Raises
    ------
    ShapeError, SpecError
        ``f`` or ``solve`` returns another structure, shape or dtype than ``initial``.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> def newton(f, x):
    ...     return erg.fori_loop(0, 30, lambda i, x: x - f(x) / erg.jvp(f, (x,), (1.0,))[1], x)
    >>> root = lambda a: erg.custom_root(lambda x: x**2 - a, 1.0, newton)
    >>> [round(float(d(2.0)), 6) for d in (root, erg.grad(root), erg.grad(erg.grad(root)))]
    [1.414214, 0.353553, -0.088388]
    """

    def body(initial: Any) -> Any:
        tree, leaves, names = trees.flatten(initial)
        start = [lift(x) for x in leaves]
        start = [Value(v.trace, v.id, v.dtype, v.shape) for v in start]
        types = [(v.dtype, v.shape) for v in start]
        if not start or len(_smooth(types)) < len(start):
            raise SpecError("custom_root: expected float or complex arrays as the start", "Use initial.astype(float).")

        def checked(sub: Sub, what: str) -> Sub:
            if trees.key(sub.out_tree) != trees.key(tree):
                raise SpecError(f"custom_root: {what} returns another structure than the start has")
            for (d, s), v, at in zip(types, sub.outs, names, strict=True):
                if v.shape != s or v.dtype != d:
                    raise ShapeError(f"custom_root: {what} returns {v.dtype} of shape {v.shape} for x{at}, which is {d} of shape {s}")
            return sub

        built = trees.build(tree, handles(start))
        function = checked(_sub(f, name_of(f), built), name_of(f))
        theta = list(function.trace.captured)
        moving = [k for k, v in enumerate(theta) if v.dtype.kind in "fc"]

        def at(x: Any, theta: list[Tracer], transforms: list[dict[str, Any]], more: list[Any]) -> list[Tracer]:
            given = [typed(v, t, "custom_root") for v, t in zip(trees.flatten(x)[1], types, strict=True)]
            return handles(call(function, transforms, given + [lift(v) for v in [*theta, *more]], types * (2 if transforms else 1)))

        def solved(x: Any, theta: list[Tracer]) -> Any:
            return solve(lambda x: trees.build(tree, at(x, theta, [], [])), x)

        def tangent(x0: Any, theta: list[Tracer], x: Any, t0: Any, t: list[Tracer]) -> Any:
            n = len(types)
            right = [np.negative(v) for v in at(x, theta, [{"kind": "jvp", "wrt": [n + k for k in moving]}], t)[n:]] if moving else []
            if not right:
                return trees.build(tree, [v * 0 for v in trees.flatten(x)[1]])
            matvec = lambda v: trees.build(tree, at(x, theta, [{"kind": "jvp", "wrt": list(range(n))}], trees.flatten(v)[1])[n:])
            inverse = tangent_solve or dense
            return _linear_solve(matvec, trees.build(tree, right), inverse, transpose_solve or inverse)

        inner = handles(theta)
        program = checked(_sub(solved, f"solve of {name_of(f)}", built, inner), "solve")
        rule = _sub(tangent, f"derivative of the root of {name_of(f)}", built, inner, built, built, [inner[k] for k in moving])
        consts = captured(program, rule)
        unused = [(v.dtype, v.shape) for v in consts if v.dtype.kind in "fc"]
        n = len(start) + len(theta)
        attrs = {"program": wire(program, consts), "rules": [wire(rule, consts, n, unused)]}
        return trees.build(tree, emit("custom_jvp", attrs, [*start, *theta, *consts], types))

    return direct("custom_root", f, body, initial)
