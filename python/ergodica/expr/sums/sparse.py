"""Sparse matrices times dense ones: a gather, a product, and sums in the order of the entries."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica.errors import ShapeError
from ergodica.expr import elementwise as e
from ergodica.expr import shapes as s
from ergodica.expr.compiled import everywhere
from ergodica.expr.sums.segments import integers, length_of, scatter
from ergodica.expr.tracer import Tracer, wrap
from ergodica.expr.values import BOOL, INT64, Value, active, lift


def product(values: Value, rows: Value, columns: Value, length: int, x: Value) -> Value:
    """Row by row, the sum of values times the rows of ``x`` at columns."""
    values, x = s.unify(values, x)
    if x.dtype == BOOL:
        values, x = s.convert(values, INT64), s.convert(x, INT64)
    taken = active().emit("gather", (x, columns), {"axes": (0,)}, x.dtype, (columns.shape[0], *x.shape[1:]))
    terms = e.call(np.multiply, s.broadcast_axes(values, taken.shape, (0,)), taken)
    return scatter("add", s.full((length, *x.shape[1:]), 0, terms.dtype), rows, terms)


def times(matrix: Any, x: Any) -> Any:
    """A matrix of scipy.sparse times a traced array of one or two axes."""
    v = lift(x)
    if len(matrix.shape) != 2 or v.ndim not in (1, 2) or v.shape[0] != matrix.shape[1]:
        raise ShapeError(f"a sparse matrix of shape {matrix.shape} times an array of shape {v.shape}")
    a = matrix.tocsr()
    rows = np.repeat(np.arange(a.shape[0]), np.diff(a.indptr))
    t = active()
    return wrap(product(t.array(a.data), t.array(rows), t.array(a.indices.astype(np.int64)), a.shape[0], v))


def times_from_left(x: Any, matrix: Any) -> Any:
    """A traced array times a matrix of scipy.sparse."""
    v = lift(x)
    if v.ndim == 1:
        return times(matrix.T, x)
    return wrap(s.swap_last(lift(times(matrix.T, wrap(s.swap_last(v))))))


@everywhere
def sparse_product(values: Any, rows: Any, columns: Any, x: Any, length: int) -> Any:
    r"""A sparse matrix, given by its entries, times a dense vector or matrix.

    .. math:: y_i = \sum_{e:\, r_e = i} v_e \, x_{c_e}

    Inside traced functions the matrices of scipy.sparse work as they are (``A @ x``); this function is for entries that are traced.

    Parameters
    ----------
    values : array (entries,)
        Entries that name one place are added.
    rows, columns : int arrays (entries,)
        Concrete or traced. The product is fastest where rows ascend.
    x : array (columns, ...)
    length : int
        Number of rows.

    Returns
    -------
    array (length, ...)
        Of the common dtype; differentiable in ``values`` and ``x``.

    Raises
    ------
    ShapeError
        The entries' arrays differ in length.
    SpecError
        Rows or columns are no integers, or out of range (also when the program runs).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.sparse_product(np.array([1.0, 2.0, 3.0]), np.array([0, 0, 2]), np.array([1, 2, 0]), np.array([1.0, 10.0, 100.0]), 3).tolist()
    [210.0, 0.0, 3.0]
    """
    v, r, c, u = lift(values), integers(rows, "sparse_product: rows"), integers(columns, "sparse_product: columns"), lift(x)
    if v.ndim != 1 or r.shape != v.shape or c.shape != v.shape or u.ndim < 1:
        raise ShapeError(
            f"sparse_product: expected values, rows, columns of one length and x (columns, ...), got {v.shape}, {r.shape}, {c.shape}, {u.shape}"
        )
    return Tracer(product(v, r, c, length_of(length, "sparse_product: length"), u))
