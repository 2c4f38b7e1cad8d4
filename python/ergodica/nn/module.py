"""Models as dataclasses of arrays."""

from __future__ import annotations

import copy
import dataclasses
import functools
import inspect
import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, dataclass_transform

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.expr import intercept, trees
from ergodica.expr.tracer import Tracer

M = TypeVar("M", bound="Module")


@dataclass_transform(eq_default=False)
class Module:
    """A model: a dataclass whose arrays, also those in lists, dicts and modules within it, are its parameters.

    A subclass declares what it holds and says what it does, in plain NumPy; the decorator ``dataclass`` is applied to it. Numbers, strings and
    functions among its fields are settings: they belong to the program, not to the parameters. A model is an argument like any other,
    ``erg.grad(loss)`` of a model is a model of gradients, and it runs on arrays as it is or compiled. What a traced call writes into a model ends
    with the call: running means and counters belong into an objective's ``memory``. A subclass that declares nothing is made as its parent is.

    Raises
    ------
    SpecError
        ``__init__`` has set an array that is not declared as a field.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> class Residual(erg.nn.Module):
    ...     inner: erg.nn.MLP
    ...     scale: np.ndarray
    ...     def __call__(self, x):
    ...         return x + self.scale * self.inner(x)
    >>> model = Residual(erg.nn.MLP(3, [8], 3, seed=0), np.array(0.1))
    >>> model(np.zeros((5, 3))).shape
    (5, 3)
    >>> model.count
    60
    >>> slopes = erg.grad(lambda m, x: np.sum(m(x) ** 2))(model, np.ones((5, 3)))
    >>> slopes.inner.layers[0].weight.shape
    (8, 3)
    """

    numbers_are_settings = True  # read by expr.trees

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        fresh = "__init__" not in cls.__dict__ and bool(inspect.get_annotations(cls))  # without fields of its own it is made as its parent is
        dataclasses.dataclass(eq=False, repr=False, init=fresh)(cls)
        cls.__init__ = _checked(cls, cls.__init__)  # type: ignore[method-assign]
        intercept.seen(cls)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, intercept.held(value))

    # ------------------------------------------------------------------------------------------------------ parameters

    def parameters(self) -> dict[str, np.ndarray]:
        """The arrays by their names, as in ``layers.0.weight`` (which are those of a torch module of the same layers).

        Examples
        --------
        >>> import ergodica as erg
        >>> list(erg.nn.Linear(2, 3, seed=0).parameters())
        ['weight', 'bias']
        """
        _, leaves, names = trees.flatten(self)
        return dict(zip(map(trees.dotted, names), leaves, strict=True))

    def replace(self: M, parameters: Mapping[str, Any]) -> M:
        """A model with some parameters exchanged, of the same shapes and dtypes.

        Parameters
        ----------
        parameters : mapping of names to arrays

        Raises
        ------
        SpecError
            There is no parameter of that name; the message lists those that are.
        ShapeError
            An array has another shape.

        Examples
        --------
        >>> import numpy as np
        >>> import ergodica as erg
        >>> model = erg.nn.Linear(2, 1, seed=0).replace({"bias": np.array([3.0])})
        >>> model.bias.tolist()
        [3.0]
        """
        tree, leaves, names = trees.flatten(self)
        given = dict(parameters)
        for k, name in enumerate(map(trees.dotted, names)):
            if name not in given:
                continue
            x, old = given.pop(name), leaves[k]
            if np.shape(x) != np.shape(old):
                raise ShapeError(f"{type(self).__name__}: expected shape {np.shape(old)} for {name}, got {np.shape(x)}")
            leaves[k] = x if isinstance(x, Tracer) else np.ascontiguousarray(x, dtype=old.dtype).reshape(np.shape(old))
        if given:
            raise SpecError(f"{type(self).__name__} has no parameter {', '.join(given)}", f"It has {', '.join(map(trees.dotted, names))}.")
        return trees.build(tree, leaves)

    @property
    def count(self) -> int:
        """How many numbers the parameters are.

        Examples
        --------
        >>> import ergodica as erg
        >>> erg.nn.Linear(2, 3, seed=0).count
        9
        """
        return sum(int(np.size(x)) for x in trees.flatten(self)[1])

    def astype(self: M, dtype: Any) -> M:
        """A copy with parameters of this dtype (float64, float32, complex128 or complex64).

        Examples
        --------
        >>> import ergodica as erg
        >>> erg.nn.Linear(2, 3, seed=0).astype("float32").weight.dtype
        dtype('float32')
        """
        d = np.dtype(dtype)
        if d.kind not in "fc":
            raise SpecError(f"{type(self).__name__}.astype: expected a float or complex dtype, got {d}")
        tree, leaves, _ = trees.flatten(self)
        return trees.build(tree, [x.astype(d) if x.dtype.kind in "fc" else x for x in leaves])

    def copy(self: M) -> M:
        """A model with arrays of its own.

        Examples
        --------
        >>> import ergodica as erg
        >>> model = erg.nn.Linear(2, 3, seed=0)
        >>> model.copy().weight is model.weight
        False
        """
        tree, leaves, _ = trees.flatten(self)
        return trees.build(tree, [x.copy() if isinstance(x, np.ndarray) else copy.copy(x) for x in leaves])

    # ----------------------------------------------------------------------------------------------------------- files

    def save(self, path: str | os.PathLike[str], metadata: Mapping[str, str] | None = None) -> None:
        """Write the parameters as a safetensors file, by their names.

        Parameters
        ----------
        path : path
        metadata : mapping of str to str, optional
            Stands in the file's header.

        Raises
        ------
        ImportError
            ``safetensors`` is not installed.

        Examples
        --------
        >>> import os, tempfile
        >>> import ergodica as erg
        >>> model = erg.nn.Linear(2, 3, seed=0)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "model.safetensors")
        ...     model.save(path)
        ...     same = erg.nn.Linear(2, 3, seed=1).load(path)
        >>> bool((same.weight == model.weight).all())
        True
        """
        from ergodica._tables import need

        arrays = {k: np.ascontiguousarray(v).reshape(v.shape) for k, v in self.parameters().items()}
        need("safetensors.numpy").save_file(arrays, os.fspath(path), dict(metadata or {}))

    def load(self: M, path: str | os.PathLike[str]) -> M:
        """This model with the parameters of a safetensors file, all of which must be there.

        Raises
        ------
        SpecError
            The file's names are not those of the model.
        ShapeError
            An array has another shape.

        Examples
        --------
        See :meth:`save`.
        """
        from ergodica._tables import need

        arrays = need("safetensors.numpy").load_file(os.fspath(path))
        missing = [k for k in self.parameters() if k not in arrays]
        if missing:
            raise SpecError(f"{os.fspath(path)} lacks {', '.join(missing)}", f"It holds {', '.join(arrays) or 'nothing'}.")
        return self.replace(arrays)

    # ------------------------------------------------------------------------------------------------------------ text

    def __repr__(self) -> str:
        lines = _lines(self, "")
        return "\n".join([f"{lines[0]}  # {self.count} parameters", *lines[1:]])


def _checked(cls: type[Module], init: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(init)
    def check(self: Module, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        if type(self) is not cls:
            return
        declared = {f.name for f in dataclasses.fields(self)}  # type: ignore[arg-type]
        for name, value in vars(self).items():
            if name not in declared and trees.flatten(value)[1] and not isinstance(value, (float, complex)):
                raise SpecError(f"{cls.__name__}.{name} holds arrays but is no field", f"Declare it in the class: {name}: {_kind(value)}")
        for name in declared - vars(self).keys():
            if not hasattr(cls, name):
                raise SpecError(f"{cls.__name__}.__init__ has not set {name}")

    return check


def _kind(value: Any) -> str:
    return "np.ndarray" if isinstance(value, np.ndarray) else type(value).__name__


def _lines(x: Any, name: str) -> list[str]:
    """A model as text: one line a module, with its settings and the shapes of its arrays."""
    head = f"{name}: " if name else ""
    if isinstance(x, Module):
        facts, below = [], []
        for f in dataclasses.fields(x):  # type: ignore[arg-type]
            value = getattr(x, f.name)
            if isinstance(value, Module) or (isinstance(value, (dict, list, tuple)) and trees.has_leaves(trees.flatten(value)[0])):
                below += _lines(value, f.name)
            else:
                facts.append(f"{f.name}={_brief(value)}")
        return [f"{head}{type(x).__name__}({', '.join(facts)})", *("  " + line for line in below)]
    if isinstance(x, dict):
        return [line for k, v in x.items() for line in _lines(v, f"{name}[{k!r}]")]
    if isinstance(x, (list, tuple)):
        return [line for k, v in enumerate(x) for line in _lines(v, f"{name}[{k}]")]
    return [f"{head}{_brief(x)}"]


def _brief(x: Any) -> str:
    if isinstance(x, (np.ndarray, Tracer)):
        return f"{x.dtype}{list(x.shape)}"
    return getattr(x, "__name__", None) or repr(x)
