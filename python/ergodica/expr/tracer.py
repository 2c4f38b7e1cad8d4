"""The stand-in for an array while a function is traced.

A :class:`Tracer` is a handle on a value of the program (or on a concrete array, as long as only concrete numbers were written into it). In-place
operations give the handle a new value; a view remembers what it is a view of, so that writes go through and later changes are seen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy import ndarray  # by name: attributes of np are watched while something is traced

from ergodica.expr import arrays, calculus, choosing, fourier, linalg, products
from ergodica.expr import elementwise as e
from ergodica.expr import shapes as s
from ergodica.expr.concrete import is_sparse, read_concrete, same, write_concrete
from ergodica.expr.indexing import Index
from ergodica.expr.refuse import conversion, here, refuse, to_array
from ergodica.expr.values import Operators, Trace, Value, active, current

FUNCTIONS: dict[Any, Callable[..., Any]] = {
    **arrays.FUNCTIONS,
    **choosing.FUNCTIONS,
    **calculus.FUNCTIONS,
    **products.FUNCTIONS,
    **linalg.FUNCTIONS,
    **fourier.FUNCTIONS,
}
VIEWS = {np.transpose, np.reshape, np.ravel, np.squeeze, np.expand_dims, np.swapaxes, np.moveaxis, np.rollaxis, np.atleast_1d, np.atleast_2d,
         np.atleast_3d, np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit, np.unstack, np.flip, np.fliplr, np.flipud, np.rot90, np.real,
         np.imag, np.broadcast_to, np.broadcast_arrays, np.diagonal}  # fmt: skip


def _asked_by_sparse() -> bool:
    """``A @ x`` with a matrix of scipy.sparse: it finds no array in x, and so leaves the product to x."""
    return str(sys._getframe(2).f_globals.get("__name__", "")).startswith("scipy.sparse")


class View(NamedTuple):
    """What a handle is a view of. ``at`` None: some reordering, through which nothing is written."""

    base: Tracer
    at: Index | None
    version: int


class Tracer(Operators):
    """An array in a function that is being traced; it has the operators and methods of ``numpy.ndarray``."""

    __slots__ = ("__weakref__", "_frozen", "_home", "_k", "_spoilt", "_v", "_version", "_view")
    __array_priority__ = 1000.0

    if TYPE_CHECKING:  # the methods, which are set below

        def __getattr__(self, name: str) -> Any: ...

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Value | None, concrete: ndarray | None = None, frozen: str = "", view: View | None = None) -> None:
        self._v, self._k, self._frozen, self._view = value, concrete, frozen, view
        self._version, self._spoilt = 0, ""
        self._home: Trace | None = current()

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What NumPy would have here, an array or a number, so that ``isinstance`` takes the branch it means."""
        if _asked_by_sparse():
            return Tracer
        return ndarray if self.shape or self._frozen else float if self._v is not None and self._v.weak else self.dtype.type

    # ------------------------------------------------------------------------------------------------------------ state

    def _sync(self) -> None:
        if self._spoilt:
            raise refuse(self._spoilt, "Work on a copy, with .copy().")
        view = self._view
        if view is not None:
            base = view.base
            base._sync()
            if base._version != view.version:
                if view.at is None:
                    raise refuse(
                        "an array is used whose original was changed in place after it was taken from it", "Take it as a copy, with .copy()."
                    )
                self._load(base, view.at)
                self._view = View(base, view.at, base._version)
                self._version += 1

    def _load(self, base: Tracer, index: Index) -> None:
        if base._k is not None:
            self._v, self._k = None, read_concrete(base._k, index)
        else:
            assert base._v is not None
            self._v, self._k = index.read(base._v), None

    def _value(self) -> Value:
        """The present value in the program."""
        self._sync()
        return self._v if self._v is not None else active().array(self._k, own=True)  # type: ignore[arg-type]

    def _operand(self) -> Any:
        """The present value, or the concrete array."""
        self._sync()
        return self._k if self._k is not None else self._v

    def _check_writable(self) -> None:
        t: Tracer | None = self
        while t is not None:
            if t._frozen:
                raise refuse(f"an in-place change of {t._frozen}", "Work on a copy (x = x.copy()), or write x = x.at[i].set(value).")
            if t._home is not current():
                raise refuse(
                    "an in-place change of an array that was made outside the function being transformed", "Return the new array from that function."
                )
            t = t._view.base if t._view is not None else None

    def _store(self, new: Any) -> None:
        """Give the handle a new value, and what it is a view of."""
        self._check_writable()
        if isinstance(new, Value):
            self._v, self._k = new, None
        else:
            self._v, self._k = None, new
        self._version += 1
        view = self._view
        if view is None:
            return
        base = view.base
        if view.at is None:
            spoilt = base
            while True:
                spoilt._spoilt = f"an array is used after it was changed in place through a reshaped or transposed view (line {here()[1]})"
                spoilt._version += 1
                if spoilt._view is None:
                    break
                spoilt = spoilt._view.base
            self._view = None
        else:
            base._write(view.at, new)
            self._view = View(base, view.at, base._version)

    def _write(self, index: Index, new: Any, mode: str = "set") -> None:
        self._sync()
        if self._k is not None and not isinstance(new, Value) and not any(isinstance(a, Value) for a in index.arrays.values()):
            self._store(write_concrete(self._k, index, new, mode))
        else:
            self._store(index.write(self._value(), new, mode))

    # ----------------------------------------------------------------------------------------------------------- facts

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self._v.shape if self._v is not None else self._k.shape  # type: ignore[union-attr]

    @property
    def dtype(self) -> np.dtype:
        """Element type."""
        return self._v.dtype if self._v is not None else self._k.dtype  # type: ignore[union-attr]

    ndim = property(lambda self: len(self.shape), doc="Number of axes.")
    size = property(lambda self: int(np.prod(self.shape, dtype=np.int64)), doc="Number of elements.")
    itemsize = property(lambda self: self.dtype.itemsize)
    nbytes = property(lambda self: self.dtype.itemsize * self.size)

    def __repr__(self) -> str:
        if self._k is not None:
            return repr(self._k)
        return f"traced({self.dtype}, shape={self.shape})"

    def __format__(self, spec: str) -> str:
        return format(self._k[()] if self._k is not None and not self._k.ndim else repr(self), spec if self._k is not None else "")

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        for k in range(self.shape[0]):
            yield self[k]

    def __contains__(self, x: Any) -> Any:
        return bool((self == x).any())

    def _number(self, kind: str) -> Any:
        self._sync()
        if self._k is None:
            raise conversion(kind)
        return self._k

    def __bool__(self) -> bool:
        return bool(self._number("bool"))

    def __float__(self) -> float:
        return float(self._number("float"))

    def __int__(self) -> int:
        return int(self._number("int"))

    def __complex__(self) -> complex:
        return complex(self._number("complex"))

    def __index__(self) -> int:
        return self._number("index").__index__()

    def item(self, *args: Any) -> Any:
        """The element as a Python number."""
        return self._number("item").item(*args)

    def tolist(self) -> Any:
        """Nested Python lists."""
        return self._number("tolist").tolist()

    def __array__(self, dtype: Any = None, copy: Any = None) -> ndarray:
        self._sync()
        if self._k is None:
            if _asked_by_sparse():
                out = np.empty((), object)
                out[()] = self
                return out
            _, _, line, text = here()
            raise to_array(text, line)
        return np.array(self._k, dtype=dtype)

    def __deepcopy__(self, memo: Any) -> Tracer:
        return self.copy()

    __copy__ = lambda self: self.copy()

    def __reduce__(self) -> Any:
        raise refuse("a traced value cannot be pickled", "Return it from the function.")

    # ------------------------------------------------------------------------------------------------------- protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        from ergodica.expr import dispatch

        return dispatch.ufunc(ufunc, method, inputs, out, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from ergodica.expr import dispatch

        return dispatch.function(func, args, kwargs)

    # -------------------------------------------------------------------------------------------------------- indexing

    def __getitem__(self, key: Any) -> Any:
        self._sync()
        index = Index(self.shape, key)
        if self._k is not None and not any(isinstance(a, Value) for a in index.arrays.values()):
            concrete = read_concrete(self._k, index)
            if concrete.ndim == 0:
                return concrete[()]
            return Tracer(None, concrete, view=View(self, index, self._version) if index.basic else None)
        v = index.read(self._value())
        return Tracer(v, view=View(self, index, self._version) if index.basic and v.shape else None)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._check_writable()
        x = e.plain(value)
        if isinstance(value, Tracer):
            value._sync()
            view = value._view
            if view is not None and view.base is self and view.version == self._version and view.at is not None:
                index = Index(self.shape, key)
                if same(index, view.at):
                    return
        index = Index(self.shape, key)
        if isinstance(x, Value) and x.dtype.kind == "c" and self.dtype.kind != "c":
            raise TypeError(f"cannot write complex values into an array of {self.dtype}")
        self._write(index, x if isinstance(x, Value) else np.asarray(x))

    def __delitem__(self, key: Any) -> None:
        raise ValueError("cannot delete array elements")

    @property
    def at(self) -> Any:
        """``x.at[i].set(v)``, ``.add``, ``.mul``, ``.min``, ``.max``: a changed copy; equal indices all count."""
        from ergodica.expr.updates import At

        return At(self)

    # --------------------------------------------------------------------------------------------------------- methods

    def copy(self, order: str = "C") -> Tracer:
        """An array of its own."""
        self._sync()
        return Tracer(self._v, self._k)

    def astype(self, dtype: Any, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: bool = True) -> Any:
        """The same numbers in another dtype."""
        x = self._operand()
        d = np.dtype(dtype)
        return wrap(x.astype(d) if not isinstance(x, Value) else s.convert(x, d))

    def view(self, *args: Any) -> Any:
        """Refused where it reinterprets memory."""
        if not args:
            return opaque(wrap(self._operand()), self)
        raise refuse("view with another dtype", "Use x.astype(dtype), or x.real and x.imag.")

    def fill(self, value: Any) -> None:
        """Write one value everywhere."""
        self[...] = value

    def sort(self, axis: int = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> None:
        """Sort in place."""
        self[...] = np.sort(self, axis)

    def reshape(self, *shape: Any, order: str = "C", copy: Any = None) -> Any:
        """The same elements in another shape."""
        return np.reshape(self, shape[0] if len(shape) == 1 else shape, order=order)  # type: ignore[call-overload]

    def transpose(self, *axes: Any) -> Any:
        """Axes in another order."""
        order = axes[0] if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))) else axes or None
        return np.transpose(self, order)

    def squeeze(self, axis: Any = None) -> Any:
        """Without axes of length 1."""
        return np.squeeze(self, axis)

    def flatten(self, order: str = "C") -> Any:
        """A copy with one axis."""
        return np.ravel(self, order).copy()  # type: ignore[call-overload]

    T = property(lambda self: self.transpose(), doc="Axes reversed.")
    mT = property(lambda self: np.swapaxes(self, -1, -2), doc="Last two axes exchanged.")
    real = property(lambda self: np.real(self), doc="Real part.")
    imag = property(lambda self: np.imag(self), doc="Imaginary part.")
    flat = property(lambda self: self.reshape(-1), doc="The elements in C order.")

    def conj(self) -> Any:
        """Complex conjugate."""
        return np.conjugate(self)

    conjugate = conj

    def dot(self, b: Any, out: Any = None) -> Any:
        """``np.dot(self, b)``."""
        return np.dot(self, b)

    def __matmul__(self, other: Any) -> Any:
        if is_sparse(other):
            from ergodica.expr.sums.sparse import times_from_left

            return times_from_left(self, other)
        return np.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        if is_sparse(other):
            from ergodica.expr.sums.sparse import times

            return times(other, self)
        return np.matmul(other, self)

    def __imatmul__(self, other: Any) -> Any:
        from ergodica.expr import methods

        return methods.in_place(self, np.matmul(self, other))

    def __neg__(self) -> Any:
        return np.negative(self)

    def __pos__(self) -> Any:
        return np.positive(self)

    def __invert__(self) -> Any:
        return np.invert(self)

    def __abs__(self) -> Any:
        return np.absolute(self)

    def __round__(self, n: int | None = None) -> Any:
        return np.round(self, n or 0)

    def __divmod__(self, other: Any) -> Any:
        return np.divmod(self, other)

    def __rdivmod__(self, other: Any) -> Any:
        return np.divmod(other, self)


def wrap(x: Any) -> Any:
    """Values and arrays as handles; containers part by part; concrete numbers as they are."""
    if isinstance(x, Value):
        return Tracer(x)
    if type(x) is ndarray and x.dtype.kind in "biufc":
        return Tracer(None, x) if x.ndim else x[()]
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*[wrap(y) for y in x])
    if type(x) in (tuple, list):
        return type(x)([wrap(y) for y in x])
    return x


def opaque(out: Any, base: Tracer) -> Any:
    """Results that NumPy might give as views of ``base``."""
    if isinstance(out, Tracer):
        if out.shape:
            out._view = View(base, None, base._version)
    elif isinstance(out, (tuple, list)):
        for x in out:
            opaque(x, base)
    return out
