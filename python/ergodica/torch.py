"""Between array programs and PyTorch, on shared memory. PyTorch is optional: ``pip install torch``.

:func:`function` makes a traced function callable on tensors, with gradients of any order; :func:`module` makes a model a ``torch.nn.Module`` whose
parameters are the model's own memory; :func:`load` and ``module.state_dict`` carry weights in and out; :func:`energy` makes a torch function one of
NumPy batches. Tensors are on the CPU, of dtype float64, float32, complex128, complex64, int64, int32 or bool.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ergodica._tables import need
from ergodica.errors import ShapeError, SpecError
from ergodica.expr import trees
from ergodica.expr.compiled import Compiled
from ergodica.expr.forward import vjp
from ergodica.expr.program import name_of
from ergodica.nn.module import Module

__all__ = ["energy", "function", "load", "module"]


def _array(t: Any, name: str) -> np.ndarray:
    """A tensor's memory."""
    if t.device.type != "cpu":
        raise SpecError(f"{name}: expected a tensor on the CPU, got one on {t.device}", "Try .cpu(), and .to(device) on the result.")
    if str(t.dtype) in ("torch.bfloat16", "torch.float16"):
        raise SpecError(f"{name}: programs have no {t.dtype}", "Try .float().")
    t = t.detach().resolve_conj().resolve_neg()
    return np.asarray(t.contiguous().numpy())


def function(f: Callable[..., Any]) -> Callable[..., Any]:
    """A traced function as a function of tensors, differentiable to any order by ``torch.autograd``.

    Parameters
    ----------
    f : function of NumPy arrays
        What ``erg.compile`` takes: compiled for each kind of arguments, so that it must not depend on what changes outside. Arguments may be nested.

    Returns
    -------
    function
        Same arguments, with tensors for arrays. It reads tensors where they are (what is not contiguous is copied) and returns tensors on memory that
        the program wrote. Complex gradients follow torch, dL/da + i dL/db. Integers and truth values among the arguments are part of the program.

    Raises
    ------
    SpecError
        A tensor is not on the CPU, or its dtype is not known to programs.

    Examples
    --------
    >>> import numpy as np
    >>> import torch  # doctest: +SKIP
    >>> import ergodica as erg
    >>> energy = erg.torch.function(lambda x: np.sum((x**2 - 1) ** 2))  # doctest: +SKIP
    >>> x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)  # doctest: +SKIP
    >>> energy(x).backward()  # doctest: +SKIP
    >>> x.grad  # doctest: +SKIP
    tensor([-1.5000, 24.0000], dtype=torch.float64)
    """
    if not callable(f):
        raise SpecError(f"torch.function: expected a function, got {type(f).__name__}")
    torch = need("torch")
    name = name_of(f)

    def call(*args: Any, **kwargs: Any) -> Any:
        tree, leaves, _ = trees.flatten((args, kwargs), lambda x: isinstance(x, torch.Tensor) or trees.is_array(x))
        shape: list[Any] = []  # the result's structure, known when f was traced

        def flat(*xs: Any) -> tuple[Any, ...]:
            given, options = trees.build(tree, xs)
            out_tree, out, _ = trees.flatten(f(*given, **options), trees.is_result)
            shape[:] = [out_tree]
            return tuple(out)

        key = (trees.key(tree), tuple((str(x.dtype), tuple(x.shape)) if hasattr(x, "dtype") else type(x) for x in leaves))
        op, shape = made.setdefault(key, (_Differentiable(flat, name), shape))
        out = op(*[x if isinstance(x, torch.Tensor) else torch.as_tensor(np.asarray(x)) for x in leaves])
        return trees.build(shape[0], out)

    made: dict[Any, Any] = {}
    call.__name__ = name
    call.__doc__ = f.__doc__
    return call


class _Differentiable:
    """A traced function of flat arrays, applied to tensors. Its backward pass is another one, so that it has derivatives too."""

    def __init__(self, f: Callable[..., tuple[Any, ...]], name: str) -> None:
        torch = need("torch")
        self.program, self.name = Compiled(f), name
        self.backwards: dict[tuple[tuple[bool, ...], tuple[bool, ...]], _Differentiable] = {}
        outer = self

        class Apply(torch.autograd.Function):  # type: ignore[name-defined]
            @staticmethod
            def forward(ctx: Any, *tensors: Any) -> Any:
                out = outer.program(*[_array(t, name) for t in tensors])
                results = tuple(torch.from_numpy(np.asarray(y)) for y in out)
                ctx.save_for_backward(*tensors)
                ctx.mark_non_differentiable(*[y for y in results if not (y.is_floating_point() or y.is_complex())])
                ctx.set_materialize_grads(False)
                return results

            @staticmethod
            def backward(ctx: Any, *cotangents: Any) -> Any:
                tensors = ctx.saved_tensors
                wanted = tuple(ctx.needs_input_grad)
                given = tuple(c is not None for c in cotangents)
                if not any(given):
                    return (None,) * len(tensors)
                back = outer.backward(wanted, given)
                gradients = iter(back(*tensors, *[c for c in cotangents if c is not None]))
                return tuple(next(gradients) if w else None for w in wanted)

        self.apply = Apply.apply

    def __call__(self, *tensors: Any) -> tuple[Any, ...]:
        return tuple(self.apply(*tensors))

    def backward(self, wanted: tuple[bool, ...], given: tuple[bool, ...]) -> _Differentiable:
        """(tensors, cotangents that are given) -> gradients that are wanted."""
        known = self.backwards.get((wanted, given))
        if known is None:
            f, n = self.program.function, len(wanted)

            def gradients(*both: Any) -> tuple[Any, ...]:
                xs, cts = list(both[:n]), iter(both[n:])
                free = [k for k, w in enumerate(wanted) if w]

                def some(*live: Any) -> tuple[Any, ...]:
                    for k, x in zip(free, live, strict=True):
                        xs[k] = x
                    out = f(*xs)
                    return tuple(y for y, g in zip(out, given, strict=True) if g)

                _, pull = vjp(some, *[xs[k] for k in free])
                return tuple(np.conj(g) for g in pull(tuple(np.conj(c) for c in cts)))

            known = self.backwards[wanted, given] = _Differentiable(gradients, f"the gradient of {self.name}")
        return known


def module(model: Module) -> Any:
    """A model as a ``torch.nn.Module`` on the same memory.

    Parameters
    ----------
    model : erg.nn.Module

    Returns
    -------
    torch.nn.Module
        Its parameters are the model's arrays: an optimiser's step in torch changes ``model``, without a copy. Their names are those of
        ``model.parameters()``. Calling it runs the model's program, with gradients of any order in parameters and inputs. ``.model`` is the model.

    Raises
    ------
    SpecError
        Not a module.

    Examples
    --------
    >>> import torch  # doctest: +SKIP
    >>> import ergodica as erg
    >>> model = erg.nn.MLP(2, [16], 1, dtype="float32", seed=0)
    >>> net = erg.torch.module(model)  # doctest: +SKIP
    >>> optimiser = torch.optim.Adam(net.parameters(), 1e-3)  # doctest: +SKIP
    >>> net(torch.zeros(4, 2)).pow(2).mean().backward()  # doctest: +SKIP
    >>> optimiser.step()  # doctest: +SKIP
    """
    torch = need("torch")
    if not isinstance(model, Module):
        raise SpecError(f"torch.module: expected an erg.nn.Module, got {type(model).__name__}")
    tree, leaves, _ = trees.flatten(model)
    own = [np.require(x, requirements=["C", "W"]) for x in leaves]
    bound = trees.build(tree, own)
    names = list(bound.parameters())
    run = function(lambda m, args, kwargs: m(*args, **kwargs))

    class Bridge(torch.nn.Module):  # type: ignore[name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.model = bound
            self._order = []
            for name, x in zip(names, own, strict=True):
                smooth = x.dtype.kind in "fc"
                parameter = torch.nn.Parameter(torch.from_numpy(x), requires_grad=smooth)
                self._order.append(parameter)
                self.register(name, parameter)

        def register(self, name: str, parameter: Any) -> None:
            """Nested names need nested modules, as torch keeps them."""
            at: Any = self
            *path, last = name.split(".")
            for part in path:
                if part not in at._modules:
                    at.add_module(part, torch.nn.Module())
                at = at._modules[part]
            at.register_parameter(last, parameter)

        def forward(self, *args: Any, **kwargs: Any) -> Any:
            return run(trees.build(tree, self._order), args, kwargs)

        def __repr__(self) -> str:
            return f"torch.nn.Module of {self.model!r}"

    for (x, y) in zip(leaves, own, strict=True):
        if x is not y:  # read-only or strided: the model takes the copy
            _exchange(model, x, y)
    return Bridge()


def _exchange(holder: Any, old: Any, new: Any) -> None:
    """Put ``new`` where ``old`` is in a model."""
    items = vars(holder) if isinstance(holder, Module) else holder if isinstance(holder, dict) else dict(enumerate(holder))
    for name, value in list(items.items()):
        if value is old:
            if isinstance(holder, Module):
                object.__setattr__(holder, name, new)
            else:
                holder[name] = new
        elif isinstance(value, (Module, dict, list)):
            _exchange(value, old, new)


def load(model: Module, state: Mapping[str, Any]) -> Module:
    """A model with the weights of a torch ``state_dict`` of the same layers; they are copied.

    Parameters
    ----------
    model : erg.nn.Module
    state : mapping of names to tensors, or a torch.nn.Module
        All of the model's names must be there; dtypes are converted to the model's.

    Raises
    ------
    SpecError, ShapeError
        Names or shapes are not those of the model.

    Examples
    --------
    >>> import torch  # doctest: +SKIP
    >>> import ergodica as erg
    >>> linear = erg.torch.load(erg.nn.Linear(2, 3, seed=0), torch.nn.Linear(2, 3).state_dict())  # doctest: +SKIP
    """
    tensors = state.state_dict() if hasattr(state, "state_dict") else state
    arrays = {k: (_array(v, k) if hasattr(v, "detach") else np.asarray(v)).copy() for k, v in tensors.items()}
    missing = [k for k in model.parameters() if k not in arrays]
    if missing:
        raise SpecError(f"torch.load: the state lacks {', '.join(missing)}", f"It holds {', '.join(arrays) or 'nothing'}.")
    return model.replace(arrays)


class energy:
    """A torch function of a batch as one of NumPy arrays, for samplers and observables.

    Parameters
    ----------
    fn : function of a tensor of shape (batch, ...), or of a dict of them, giving a tensor of shape (batch,)
    device : default "cpu"
        Where it is evaluated.
    dtype : torch dtype, default that of the array

    Raises
    ------
    ShapeError
        The result has not one number for each row.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> double_well = erg.torch.energy(lambda x: ((x**2 - 1) ** 2).sum(-1))  # doctest: +SKIP
    >>> values, gradients = double_well.value_and_grad(np.zeros((64, 10)))  # doctest: +SKIP
    >>> run = erg.sample(double_well, space=erg.Real(10), chains=64, draws=500)  # doctest: +SKIP
    """

    def __init__(self, fn: Callable[[Any], Any], device: Any = "cpu", dtype: Any = None) -> None:
        if not callable(fn):
            raise SpecError(f"torch.energy: expected a function, got {type(fn).__name__}")
        self.function, self.device, self.dtype = fn, device, dtype
        self._torch = need("torch")

    def _run(self, x: np.ndarray, slopes: bool) -> tuple[Any, Any]:
        torch = self._torch
        tree, leaves, _ = trees.flatten(x)
        tensors = []
        for leaf in leaves:
            a = np.asarray(leaf)
            if not a.flags.writeable:
                a = a.copy()  # torch warns of read-only memory
            t = torch.from_numpy(np.ascontiguousarray(a)).to(self.device, self.dtype)
            tensors.append(t.detach().requires_grad_(True) if slopes else t)
        with torch.set_grad_enabled(slopes):
            y = self.function(trees.build(tree, tensors))
        rows = tensors[0].shape[0]
        if not isinstance(y, torch.Tensor) or tuple(y.shape) != (rows,):
            got = tuple(y.shape) if isinstance(y, torch.Tensor) else type(y).__name__
            raise ShapeError(f"torch.energy: expected one energy for each of {rows} rows, got {got}", "Sum over all axes but the first.")
        return tensors, y

    def __call__(self, x: Any) -> np.ndarray:
        """Energies of shape (batch,) of the rows of x."""
        _, y = self._run(x, False)
        return np.asarray(y.cpu().numpy())

    def value_and_grad(self, x: Any) -> tuple[np.ndarray, Any]:
        """Energies, and their gradients of the shape (or structure) of x."""
        tensors, y = self._run(x, True)
        if not y.requires_grad:
            raise SpecError("torch.energy: the result does not depend on the positions through torch")
        slopes = [np.asarray(g.cpu().numpy()) for g in self._torch.autograd.grad(y.sum(), tensors, materialize_grads=True)]
        return np.asarray(y.detach().cpu().numpy()), trees.build(trees.flatten(x)[0], slopes)
