"""What clouds of particles act on: functionals of a cloud, games of two clouds, inverse problems."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.expr.program import name_of
from ergodica.expr.verbs import value_and_grad, vmap
from ergodica.sampling.density import Density, as_density, program
from ergodica.sampling.marks import Functional, Game, Inverse
from ergodica.sampling.spaces import Real

if TYPE_CHECKING:
    from ergodica._encode import Request


def as_crowd(f: Functional | Game | Inverse, space: Any, observe: Any, particles: int, opponents: int) -> tuple[Density, list[str]]:
    """What a method for clouds acts on as a system, and the names to record."""
    if isinstance(f, Game) and not (isinstance(space, dict) and list(space) == ["x", "y"]):
        raise SpecError("space: expected those of the two clouds of a game", "Try space=dict(x=erg.Real(), y=erg.Real()).", {"argument": "space"})
    density, names = as_density(f.function, space, observe)
    kind = {Functional: _Functional, Game: _Game, Inverse: _Inverse}[type(f)]
    system = kind(density.energy, density.space, False, density.observe)
    system.__dict__.update(crowd=f, particles=particles, opponents=opponents)
    return system, [n for n in names if n != "energy" or kind is not _Game]


def _scalar(e: Any, f: Any, of: str) -> Any:
    """A real number, or an error that names the function."""
    shape, dtype = np.shape(e), getattr(e, "dtype", np.dtype(type(e)) if isinstance(e, (int, float, complex)) else None)
    if dtype is None or shape or dtype.kind not in "fiub":
        got = f"{dtype} of shape {shape}" if dtype is not None else type(e).__name__
        raise ShapeError(f"{name_of(f)} must return a real scalar for {of}, it returns {got}")
    return np.float64(1.0) * e


class _Crowd(Density):
    crowd: Any
    particles: int
    opponents: int

    def _many(self, z: Any) -> tuple[Any, Any]:
        """The arguments at z (N, d), with a leading axis each, and the sum of log|dx/dz|."""
        if all(type(s) is Real for s in self.layout.spaces):
            return vmap(lambda z: self.layout.to(z)[0])(z), 0.0

        def one(z: Any) -> Any:
            x, _, jacobian = self.layout.to(z)
            return x, jacobian + 0.0 * np.sum(z)

        x, jacobians = vmap(one)(z)
        return x, np.sum(jacobians)

    def _record(self, request: Request, extra: Callable[[Any], list[Any]] | None = None) -> dict[str, Any]:
        def record(z: Any) -> list[Any]:
            x, leaves, _ = self.layout.to(z)
            return [*leaves, *(extra(x) if extra else []), *(g(x) for g in (self.observe or {}).values())]

        record.__name__ = name_of(self.energy)
        names = [*self.layout.names, *(["energy"] if extra else []), *(self.observe or {})]
        return {"record": program(record, (np.zeros(self.layout.size),), request), "names": names}

    def _slope(self, total: Callable[..., Any], request: Request, *given: np.ndarray) -> dict[str, Any]:
        def slope(z: Any, *others: Any) -> Any:
            return value_and_grad(total)(z, *others)

        slope.__name__ = total.__name__ = name_of(self.energy)
        return {"type": self.type, "slope": program(slope, (*given, np.float64(1.0)), request), **self._record(request)}


class _Functional(_Crowd):
    type: ClassVar[str] = "Functional"

    def encoded(self, request: Request) -> dict[str, Any]:
        """The programs, traced for N particles."""
        n, f = self.particles, self.energy

        def total(z: Any, kT: Any) -> Any:
            x, jacobian = self._many(z)
            return n * _scalar(f(x), f, f"a cloud of {n} particles") - kT * jacobian

        return self._slope(total, request, np.zeros((n, self.layout.size)))


class _Game(_Crowd):
    type: ClassVar[str] = "Game"

    def encoded(self, request: Request) -> dict[str, Any]:
        """The programs, traced for N particles against K."""
        f, priors = self.energy, self.crowd.prior

        def payoff(x: Any, y: Any) -> Any:
            return _scalar(f(x, y), f, "one x and one y")

        def total(z: Any, w: Any, kT: Any) -> Any:
            mine, jacobian = self._many(z)
            theirs, _ = self._many(w)
            low = vmap(lambda x: np.mean(vmap(lambda y: payoff(x, y))(theirs["y"])))(mine["x"])
            high = vmap(lambda y: np.mean(vmap(lambda x: payoff(x, y))(theirs["x"])))(mine["y"])
            u = np.sum(low) - np.sum(high) - kT * jacobian
            for name, energy in zip("xy", priors, strict=True):
                if energy is not None:
                    u = u + kT * np.sum(vmap(lambda x, e=energy: _scalar(e(x), e, "one particle"))(mine[name]))
            return u

        d = self.layout.size
        return self._slope(total, request, np.zeros((self.particles, d)), np.zeros((self.opponents, d))) | {"split": self.layout.spaces[0].size}


class _Inverse(_Crowd):
    type: ClassVar[str] = "Inverse"

    def encoded(self, request: Request) -> dict[str, Any]:
        """The programs: whitened misfit to the data and distance from the prior's mean, one after the other."""
        f, layout = self.energy, self.layout
        data, noise, mean, prior = self.crowd.whitened(layout)

        def misfit(x: Any) -> Any:
            y = f(x)
            if np.shape(y) != data.shape:
                raise ShapeError(f"{name_of(f)} must return the shape of the data, {data.shape}; it returns {np.shape(y)}")
            return noise @ (np.reshape(y, (-1,)) - data.reshape(-1))

        def residual(z: Any) -> Any:
            return np.concatenate([misfit(layout.to(z)[0]), prior @ (z - mean)])

        residual.__name__ = name_of(f)
        z = np.zeros(layout.size)
        return {"type": self.type, "residual": program(residual, (z,), request), **self._record(request, lambda x: [0.5 * np.sum(misfit(x) ** 2)])}
