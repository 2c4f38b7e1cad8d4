"""``erg.compile``: the only verb that freezes a function."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from ergodica.errors import SpecError
from ergodica.expr import intercept, trees
from ergodica.expr.profiles import Profile
from ergodica.expr.program import Program, Sub, _leaves_of, name_of, type_of
from ergodica.expr.values import current


class Compiled:
    """A function with one program for each kind of arguments it has met; see :func:`compile`."""

    def __init__(self, f: Callable[..., Any]) -> None:
        if not callable(f):
            raise SpecError(f"compile: expected a function, got {type(f).__name__}")
        self.function = f
        self._programs: dict[Any, Program] = {}
        self._latest: Program | None = None
        self._lock = threading.Lock()
        functools.update_wrapper(self, f, updated=())
        self.__name__ = name_of(f)

    def __call__(self, *args: Any, out: Any = None, **kwargs: Any) -> Any:
        """The function's result; ``out`` takes arrays of the result's structure to write into."""
        if current() is not None:
            return intercept.called(self.function, *args, **kwargs)
        p = self._latest
        if p is not None and out is None and not kwargs and p._fits(args):
            results = p._run(args)
            return results[0] if p._out_tree is trees.LEAF else trees.build(p._out_tree, results)
        p, leaves = self._find(args, kwargs)
        if p.positional:
            self._latest = p
        return trees.build(p._out_tree, p._run(leaves, _leaves_of(out, p._out_tree, len(p._out))))

    def _find(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Program, list[Any]]:
        tree, leaves, names = trees.flatten((args, kwargs))
        key = (trees.key(tree), tuple([type_of(x, n)[:3] for x, n in zip(leaves, names, strict=True)]))
        p = self._programs.get(key)
        if p is None:
            with self._lock:
                p = self._programs.get(key)
                if p is None:
                    p = self._programs[key] = Program(Sub(self.function, args, kwargs))
        return p, leaves

    def program(self, *args: Any, **kwargs: Any) -> Program:
        """The program for arguments like these, without running it."""
        return self._find(args, kwargs)[0]

    def show(self, *args: Any, **kwargs: Any) -> str:
        """The listing of :meth:`program`."""
        return self.program(*args, **kwargs).show()

    def profile(self, *args: Any, **kwargs: Any) -> Profile:
        """Times of the stages for these arguments, compiled if need be; see :meth:`Program.profile`.

        Parameters
        ----------
        *args, **kwargs
            As for a call.

        Returns
        -------
        Profile

        Examples
        --------
        >>> import numpy as np
        >>> import ergodica as erg
        >>> profile = erg.compile(lambda x: np.exp(x).sum()).profile(np.ones(100))
        >>> profile.calls > 0, profile.stages[0].elements
        (True, 100)
        """
        p, leaves = self._find(args, kwargs)
        return p._profile(leaves)

    def __repr__(self) -> str:
        return f"<compiled {self.__name__}, {len(self._programs)} programs>"


def compile(f: Callable[..., Any]) -> Compiled:
    """Freeze a function: trace it once for each combination of structure, shapes and dtypes of its arguments, and reuse the program.

    Python integers, truth values and strings among the arguments are part of the program (a new value compiles anew); floats and arrays are inputs.
    Later changes of the function, and of numbers it read from elsewhere, are not seen; arrays it captured are read at each call. The other verbs
    trace at each call.

    Parameters
    ----------
    f : function of NumPy arrays, or a transformed one, ``erg.compile(erg.grad(f))``

    Returns
    -------
    Compiled
        ``compiled(*args, out=None)`` runs; ``compiled.program(*args)`` is the program itself; ``compiled.show(*args)`` lists it.

    Raises
    ------
    SpecError
        Something in ``f`` cannot be traced; the message names the line and what to write instead.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> energy = erg.compile(lambda x: 0.5 * np.sum(x**2))
    >>> float(energy(np.array([1.0, 2.0])))
    2.5
    """
    return Compiled(f)


def everywhere(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the tracer that works on numbers too: outside of traces it is compiled once for each kind of arguments."""
    program = Compiled(f)

    def call(*args: Any, **kwargs: Any) -> Any:
        return f(*args, **kwargs) if current() is not None else program(*args, **kwargs)

    return functools.wraps(f)(call)
