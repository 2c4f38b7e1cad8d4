"""NumPy's functions under another name, for functions that are traced: ``import ergodica.numpy as np``.

Everything of ``numpy`` is here and does the same. Functions that NumPy's protocols do not show (``array``, ``zeros``, ``asarray``, ...) know of the
trace without help, however they were imported. A plain ``import numpy as np`` works as well.

>>> import ergodica as erg
>>> import ergodica.numpy as np
>>> erg.grad(lambda x: np.sum(np.array([x, x**2])))(3.0).item()
7.0
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as _numpy

_made: dict[str, Callable[..., Any]] = {}


def __getattr__(name: str) -> Any:
    original = getattr(_numpy, name)
    if name in _made:
        return _made[name]
    from ergodica.expr import intercept, values

    inside: Any = intercept.strict[_numpy].get(name)
    if inside is None:
        return original if values.current() is None else intercept.table[_numpy].get(name, original)

    @functools.wraps(original)
    def function(*args: Any, **kwargs: Any) -> Any:
        return (inside if values.current() is not None else original)(*args, **kwargs)

    return _made.setdefault(name, function)


def __dir__() -> list[str]:
    """What can be traced."""
    from ergodica.expr import elementwise, intercept, tracer

    names = {str(f.__name__) for f in tracer.FUNCTIONS}
    names = {n for n in names if getattr(_numpy, n, None) in tracer.FUNCTIONS}
    names |= {n for n in elementwise.UFUNCS if hasattr(_numpy, n)} | set(intercept.table[_numpy])
    return sorted(names | {"linalg", "fft", "pi", "e", "inf", "nan", "newaxis"})
