"""Targets that cannot be traced: functions of batches in Python or PyTorch, evaluated for all chains at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ergodica._base import Traced
from ergodica._observe import Observed, identity, items_of
from ergodica.errors import PythonError, ShapeError, SpecError
from ergodica.expr import trees
from ergodica.expr.compiled import compile
from ergodica.expr.program import name_of
from ergodica.expr.verbs import grad, vmap
from ergodica.sampling.blackbox import black_box
from ergodica.sampling.density import Gone, Layout, program
from ergodica.sampling.spaces import Real

if TYPE_CHECKING:
    from ergodica._encode import Request


@dataclass(frozen=True, eq=False, repr=False)
class Remote(Traced):
    """A target whose energy is a function of batches; made by ``erg.sample``."""

    type: ClassVar[str] = "Remote"

    energy: Any
    space: Any = None

    def __post_init__(self) -> None:
        layout = Layout(self.space)
        if layout.blocks():
            raise SpecError(f"space: expected spaces without a geometry for a function of batches in Python, got {self.space!r}",
                            "Try a function in NumPy that can be traced.", {"argument": "space"})  # fmt: skip
        object.__setattr__(self, "layout", layout)

        def back(z: Any, slopes: list[Any]) -> Any:
            _, leaves, jacobian = layout.to(z)
            return sum((np.sum(s * x) for s, x in zip(slopes, leaves, strict=True)), -jacobian)

        def place(z: Any) -> tuple[list[Any], Any]:
            _, leaves, jacobian = layout.to(z)
            return leaves, np.float64(1.0) * jacobian

        object.__setattr__(self, "place", place)
        object.__setattr__(self, "_to", compile(vmap(place)))
        object.__setattr__(self, "_back", compile(vmap(grad(back))))
        object.__setattr__(self, "_plain", all(type(s) is Real for s in layout.spaces))

    def __repr__(self) -> str:
        return f"{name_of(self.energy)} on {self.space!r}"

    @property
    def gradients(self) -> bool:
        """Whether the function gives them."""
        return hasattr(self.energy, "value_and_grad") and getattr(self.energy, "gradient", True) is not None

    def names(self) -> list[str]:
        """What can be recorded of a configuration."""
        return [*self.layout.names, "energy"]  # type: ignore[attr-defined]

    def encoded(self, request: Request) -> dict[str, Any]:
        """The map from coordinates to parameters, traced; the function stays here."""
        layout: Layout = self.layout  # type: ignore[attr-defined]
        place = self.place  # type: ignore[attr-defined]
        return {
            "type": self.type, "size": layout.size, "names": layout.names, "gradients": self.gradients,
            "place": program(place, (np.zeros(layout.size),), request), "id": identity(self.energy),
        }  # fmt: skip

    def at(self, z: np.ndarray) -> tuple[Any, np.ndarray]:
        """Arguments of the energy for coordinates (batch, n), and log|dx/dz|."""
        layout: Layout = self.layout  # type: ignore[attr-defined]
        if self._plain:  # type: ignore[attr-defined]
            ends = np.cumsum([s.size for s in layout.spaces])
            leaves = [z[:, e - s.size : e].reshape(-1, *s.shape).copy() for s, e in zip(layout.spaces, ends, strict=True)]
            return trees.build(layout.tree, leaves), np.zeros(len(z))
        leaves, jacobian = self._to(_padded(z))  # type: ignore[attr-defined]
        return trees.build(layout.tree, [np.array(x[: len(z)]) for x in leaves]), jacobian[: len(z)]

    def evaluate(self, z: np.ndarray, kT: np.ndarray, slopes: bool) -> tuple[np.ndarray, np.ndarray | None]:
        """u = E(x(z))/kT - log|dx/dz| of shape (batch,), and du/dz of shape (batch, n)."""
        x, jacobian = self.at(z)
        gradient: Any = None
        try:
            e, gradient = self.energy.value_and_grad(x) if slopes else (self.energy(x), None)
        except (ShapeError, SpecError):
            raise
        except Exception as why:
            raise PythonError(f"{name_of(self.energy)} raised {type(why).__name__}: {why}", fields={"argument": "system"}) from why
        e = np.asarray(e, np.float64)
        if e.shape != (len(z),):
            raise ShapeError(f"{name_of(self.energy)} must give one energy for each of {len(z)} rows, it gives shape {e.shape}",
                             "Sum over all axes but the first, or erg.black_box(fn, batched=False) for a function of one x.")  # fmt: skip
        if not slopes:
            return e / kT - jacobian, None
        leaves = [np.asarray(g, np.float64) for g in trees.flatten(gradient)[1]]
        layout: Layout = self.layout  # type: ignore[attr-defined]
        wanted = [(len(z), *s.shape) for s in layout.spaces]
        if [g.shape for g in leaves] != wanted:
            raise ShapeError(f"the gradient of {name_of(self.energy)} must have the shapes {wanted}, it has {[g.shape for g in leaves]}")
        scaled = [(g.T / kT).T for g in leaves]
        if self._plain:  # type: ignore[attr-defined]
            return e / kT, np.concatenate([g.reshape(len(z), -1) for g in scaled], axis=1)
        return e / kT - jacobian, self._back(_padded(z), [_padded(g) for g in scaled])[: len(z)]  # type: ignore[attr-defined]

    def observed(self, observe: Any) -> Observed:
        """Names and functions of a batch of x to record."""
        if observe is None:
            return Observed(self.names(), {}, energy=self.evaluate)
        names: list[str] = []
        functions: dict[str, Any] = {}
        for key, item in items_of(observe, "names or functions of a batch"):
            if callable(item):
                functions[str(key)] = _OfBatch(item, self)
            elif isinstance(item, str):
                names.append(item)
            else:
                raise SpecError(f"observe: expected names or functions of a batch, got {item!r}", fields={"argument": "observe"})
        found = Observed(names or self.names(), functions, energy=self.evaluate)
        if functions:
            found.trial(np.zeros((2, self.layout.size)))  # type: ignore
        return found

    def start(self, start: Any, walkers: int, chains: int) -> Any:
        """Coordinates where chains begin."""
        return self.layout.start(start, walkers, chains)  # type: ignore[attr-defined]

    def __getstate__(self) -> dict[str, Any]:
        return {"space": self.space, "energy": Gone(name_of(self.energy))}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()


def _padded(z: np.ndarray) -> np.ndarray:
    """Rows up to the next power of two, so that few programs are compiled."""
    rows = 1 << max(len(z) - 1, 0).bit_length()
    return z if rows == len(z) else np.concatenate([z, np.repeat(z[-1:], rows - len(z), axis=0)])


class _OfBatch:
    """A function of a batch of x as one of coordinates."""

    def __init__(self, function: Callable[..., Any], target: Remote) -> None:
        self.function, self.target = function, target

    def __call__(self, z: np.ndarray) -> Any:
        return self.function(self.target.at(z)[0])


def is_remote(f: Any) -> bool:
    """Whether a function is one of batches that is called in Python."""
    return isinstance(f, black_box) or (hasattr(f, "value_and_grad") and type(f).__module__ == "ergodica.torch")
