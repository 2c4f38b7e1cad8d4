"""Models whose sites are numbers, angles or unit vectors, by their local energies in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ergodica._arrays import as_array, as_numbers
from ergodica._base import Traced, canonical
from ergodica._graph import Graph, as_lattice
from ergodica.errors import PythonError, ShapeError, SpecError
from ergodica.expr import value_and_grad
from ergodica.expr.intercept import called
from ergodica.expr.program import name_of
from ergodica.lattice.crystals import Crystal
from ergodica.sampling.density import program
from ergodica.sampling.manifolds import Sphere, Torus
from ergodica.sampling.spaces import Real

if TYPE_CHECKING:
    from ergodica._encode import Request

TOGETHER = 256
"""Sites, none of which meet, whose energies are found at once."""


@dataclass(frozen=True, eq=False, repr=False)
class Local(Traced):
    """E = sum_(i,j) J_ij pair(s_i, s_j) + sum_i site(s_i, fields_i), or sum_i energy(s_i, neighbours of s_i), of sites in a space; made by
    :func:`erg.lattice.Model`."""

    type: ClassVar[str] = "lattice.Local"

    lattice: Any
    space: Any
    pair: Any = None
    site: Any = None
    J: Any = 1.0
    fields: Any = None
    periodic: Any = True
    energy: Any = None

    def __repr__(self) -> str:
        given = [f"{n}={name_of(f)}" for n, f in (("pair", self.pair), ("site", self.site), ("energy", self.energy)) if f is not None]
        return f"Model({', '.join([repr(self.lattice), repr(self.space), *given])})"

    @property
    def components(self) -> tuple[int, ...]:
        """(n,) of unit vectors, () of numbers and angles."""
        return tuple(self.space.shape)

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Random values of sites; the components of vectors are the last axis of ``shape``."""
        x = random.normal(size=shape)
        return x / np.linalg.norm(x, axis=-1, keepdims=True) if self.components else np.pi * np.tanh(x)

    def bonds(self) -> tuple[int, np.ndarray, Any]:
        """Sites, their bonds and J with the weights of a graph."""
        graph = self.lattice if isinstance(self.lattice, Graph) else Crystal("hypercubic", self.lattice, periodic=self.periodic)
        J = np.asarray(self.J, float)
        if J.shape not in ((), (len(graph.edges),)):
            raise ShapeError(f"Model.J: expected a number or shape ({len(graph.edges)},), one per bond; got shape {J.shape}",
                             fields={"argument": "J"})  # fmt: skip
        return graph.sites, graph.edges, J if graph.weights is None else J * graph.weights

    def neighbours(self) -> np.ndarray:
        """Of each site, (sites, z): on side lengths one back and one on along each axis, else in the order of the bonds."""
        sites, edges, _ = self.bonds()
        if isinstance(self.lattice, tuple) and np.all(self.periodic):
            at = np.arange(sites).reshape(self.lattice)
            beside = [np.roll(at, by, d).ravel() for d, n in enumerate(self.lattice) if n > 1 for by in (1, -1)]
            return np.stack(beside, axis=-1) if beside else np.zeros((sites, 0), int)
        lists: list[list[int]] = [[] for _ in range(sites)]
        for i, j in edges.tolist():
            lists[i].append(j)
            lists[j].append(i)
        if len({len(a) for a in lists}) != 1:
            raise SpecError("Model.energy: expected a lattice on which every site has as many neighbours", "Try pair= and site=.",
                            {"argument": "lattice"})  # fmt: skip
        return np.array(lists).reshape(sites, -1)

    def of_site(self, s: Any, h: Any) -> Any:
        """``site`` of sites with what ``fields`` has of them."""
        return 0.0 if self.site is None else called(self.site, s) if self.fields is None else called(self.site, s, h)

    def together(self, request: Request) -> dict[str, Any]:
        """Programs of ``energy``. A site sees its neighbours, with the coupling 0 where one was seen before, and theirs, with 1 where one of these is
        the site itself."""
        near = self.neighbours()
        sites, z = near.shape
        far = near[near]
        seen = np.concatenate([near, far.reshape(sites, -1)], axis=1)
        own = (far == np.arange(sites)[:, None, None]).reshape(sites, -1)
        once = np.array([[k == row.index(j) for k, j in enumerate(row)] for row in near.tolist()]).reshape(sites, z)
        weights = np.concatenate([once, own], axis=1).astype(float)
        vector = len(self.components)

        def difference(old: Any, new: Any, t: Any, J: Any) -> Any:
            first, rest, here = t[:z], np.reshape(t[z:], (z, z, *old.shape)), np.reshape(J[z:], (z, z, old.shape[0], *(1,) * vector))
            around = lambda x, axis: np.moveaxis(x, axis, -1 - vector)
            dE = called(self.energy, new, around(first, 0)) - called(self.energy, old, around(first, 0))
            after = called(self.energy, first, around(np.where(here == 1, new, rest), 1))
            return np.zeros(old.shape[0]) + dE + np.sum(J[:z] * (after - called(self.energy, first, around(rest, 1))), axis=0)

        def total(z: Any) -> Any:
            x = np.reshape(z, (sites, *self.components))
            return np.sum(np.zeros(sites) + called(self.energy, x, x[near]))

        return {
            **self.described(request, difference, total, sites, z + z * z),
            "near": request.input(seen.astype(float), "Model.near"), "weights": request.input(weights, "Model.weights"),
        }  # fmt: skip

    def described(self, request: Request, difference: Any, total: Any, sites: int, most: int, *columns: int) -> dict[str, Any]:
        """What all have."""
        own = self.components

        def sample(B: int) -> tuple[Any, ...]:
            return np.zeros((B, *own)), np.zeros((B, *own)), np.zeros((most, B, *own)), np.zeros((most, B)), *(np.zeros((B, k)) for k in columns)

        for f in (difference, total):
            f.__name__ = name_of(self.pair or self.site or self.energy)
        return {
            "type": self.type, "lattice": request.encode(self.lattice, "Model.lattice"),
            "periodic": self.periodic if isinstance(self.periodic, bool) else list(self.periodic),
            "kind": "sphere" if own else "torus" if isinstance(self.space, Torus) else "real", "n": own[0] if own else 1,
            "many": program(difference, sample(max(1, min(TOGETHER, sites // 2))), request), "one": program(difference, sample(1), request),
            "total": program(lambda z: value_and_grad(total)(z), (np.zeros(sites * int(np.prod(own))),), request),
        }  # fmt: skip

    def encoded(self, request: Request) -> dict[str, Any]:
        """Programs of differences, of many sites and of one, and of the whole energy."""
        if self.energy is not None:
            return self.together(request)
        sites, edges, J = self.bonds()
        degrees = np.bincount(edges.ravel(), minlength=sites)
        most, even = int(degrees.max(initial=0)), bool((degrees == degrees.max(initial=0)).all())
        fields = None if self.fields is None else np.asarray(self.fields, float)
        own = self.components

        def difference(old: Any, new: Any, near: Any, J: Any, *h: Any) -> Any:
            among = h[0] if h and fields is not None and fields.ndim == 2 else h[0][:, 0] if h else None
            dE = np.zeros(old.shape[0]) + (self.of_site(new, among) - self.of_site(old, among))
            if self.pair is None:
                return dE
            change = J * (called(self.pair, new[None], near) - called(self.pair, old[None], near))
            return dE + np.sum(change if even else np.where(J == 0, 0.0, change), axis=0)

        def total(z: Any) -> Any:
            x = np.reshape(z, (sites, *own))
            E = np.sum(np.zeros(sites) + self.of_site(x, fields))
            if self.pair is None or not len(edges):
                return E
            if isinstance(self.lattice, tuple) and np.all(self.periodic) and np.ndim(J) == 0:
                x = np.reshape(z, (*self.lattice, *own))
                return E + float(J) * sum(np.sum(called(self.pair, x, np.roll(x, -1, d))) for d, n in enumerate(self.lattice) if n > 1)
            return E + np.sum(J * called(self.pair, x[edges[:, 0]], x[edges[:, 1]]))

        return {
            **self.described(request, difference, total, sites, most, *(() if fields is None else (fields.reshape(sites, -1).shape[1],))),
            "J": float(J) if np.ndim(J) == 0 else request.input(J, "Model.J"),
            **({} if fields is None else {"fields": request.input(fields.reshape(sites, -1), "Model.fields")}),
        }  # fmt: skip


def local(lattice: Any, space: Any, pair: Callable[..., Any] | None, site: Callable[..., Any] | None, energy: Callable[..., Any] | None, J: Any,
          fields: Any, periodic: bool | Sequence[bool]) -> Local:  # fmt: skip
    """A model whose functions have been tried."""
    if not ((type(space) is Real or isinstance(space, Torus)) and space.shape == ()) and not (isinstance(space, Sphere) and len(space.shape) == 1):
        raise SpecError(f"Model.values: expected numbers, or the space of one site: erg.Real(), erg.Torus(), erg.Sphere(n); got {space!r}",
                        fields={"argument": "values"})  # fmt: skip
    where = as_lattice(lattice, "Model.lattice")
    many = canonical(periodic, "bool | Sequence[bool]", "Model.periodic")
    model = Local(where, space, pair, site, J if np.ndim(J) == 0 else np.array(as_array(J, "Model.J"), float), None, many, energy)
    sites = model.bonds()[0]
    if energy is not None:
        z = model.neighbours().shape[1]
        s, around = (model.draw(np.random.default_rng(k), (7, *n, *model.components)) for k, n in enumerate(((), (z,))))
        found = tried(energy, "energy", s, around)
        if isinstance(space, Torus):
            for turned in ((s + 2 * np.pi, around), (s, around + 2 * np.pi * (np.arange(z) == 0))):
                if not np.allclose(found, tried(energy, "energy", *turned), rtol=1e-9, atol=1e-9):
                    raise SpecError("Model.energy: expected an energy that is the same when 2 pi is added to an angle", fields={"argument": "energy"})
        return model
    if fields is not None:
        h = np.array(as_numbers(fields, "Model.fields"), float)
        if h.ndim not in (1, 2) or h.shape[0] != sites or not h.size:
            raise ShapeError(f"Model.fields: expected numbers of shape ({sites},) or ({sites}, k), got {h.dtype} of shape {h.shape}",
                             fields={"argument": "fields"})  # fmt: skip
        model = Local(where, space, pair, site, model.J, h, many)
    random = np.random.default_rng(0)
    s, t = (model.draw(random, (7, *model.components)) for _ in range(2))
    if pair is not None:
        one, other = (tried(pair, "pair", *p) for p in ((s, t), (t, s)))
        if not np.allclose(one, other, rtol=1e-9, atol=1e-12):
            raise SpecError("Model.pair: expected the same for both ends of a bond; pair(s, t) and pair(t, s) differ", fields={"argument": "pair"})
    own = (s,) if fields is None else (s, np.resize(model.fields, (7, *model.fields.shape[1:])))
    if site is not None:
        tried(site, "site", *own)
    if isinstance(space, Torus):
        turn = 2 * np.pi
        for f, name, x, y in ((pair, "pair", (s, t), (s + turn, t)), (site, "site", own, (s + turn, *own[1:]))):
            if f is not None and not np.allclose(tried(f, name, *x), tried(f, name, *y), rtol=1e-9, atol=1e-9):
                raise SpecError(f"Model.{name}: expected an energy that is the same when 2 pi is added to an angle", fields={"argument": name})
    return model


def tried(f: Callable[..., Any], name: str, *arguments: np.ndarray) -> np.ndarray:
    """One number for each of seven sites."""
    try:
        found = np.asarray(f(*arguments))
    except Exception as why:
        raise PythonError(f"Model.{name} raised {type(why).__name__}: {why}", fields={"argument": name}) from why
    if found.shape not in ((), (7,)) or found.dtype.kind not in "fiu":
        raise ShapeError(f"Model.{name}: expected shape (7,) of arguments {[a.shape for a in arguments]}; got {found.dtype} of shape {found.shape}",
                         "Unit vectors have their components along the last axis: -np.sum(s * t, axis=-1).", {"argument": name})  # fmt: skip
    return np.broadcast_to(found, (7,))
