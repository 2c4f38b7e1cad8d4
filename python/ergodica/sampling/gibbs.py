"""Gibbs sampling over blocks of a space, each with a method of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ergodica._base import Method
from ergodica.errors import SpecError

if TYPE_CHECKING:
    from ergodica.sampling.density import Layout


class Gibbs(Method):
    r"""Blocks of parameters move in turn, each by a method of its own at what the others are then.

    The law of a block given all others is that of the energy as it stands, so nothing is derived by hand; each method adapts to its block in
    warm-up as it does alone. One draw is one move of every block, in the order of the dict. Blocks should not be strongly correlated.

    Parameters
    ----------
    blocks : dict
        From the name of a parameter in the space, or a tuple of names that move together, to a method of single chains: ``erg.NUTS()``,
        ``erg.Slice()``, ``erg.RandomWalk()``, ...; for integers ``erg.DiscreteGibbs()`` and its kin, for spheres and other surfaces
        ``erg.GeodesicNUTS()``. A name stands for all parameters inside it (``"theta"`` for ``"theta.a"`` and ``"theta.b"``). Every
        parameter is named once.

    Raises
    ------
    SpecError
        A name is not in the space, named twice, or missing.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> energy = lambda p: 0.5 * (p["mu"] - 1) ** 2 + 0.5 * np.sum((p["z"] - p["mu"]) ** 2)
    >>> method = erg.Gibbs({"mu": erg.NUTS(), "z": erg.Slice()})
    >>> run = erg.sample(energy, method, space={"mu": erg.Real(), "z": erg.Real(3)}, draws=500, warmup=200, seed=1)
    >>> run["z"].shape
    (4, 500, 3)

    A mixture with its labels: real numbers and integers.

    >>> y = np.array([-2.1, -1.8, 0.4, 2.2, 1.9])
    >>> space = {"mu": erg.Real(2), "z": erg.Binary(5)}
    >>> energy = lambda p: np.sum(p["mu"] ** 2) / 18 + 0.5 * np.sum((y - np.where(p["z"] > 0.5, p["mu"][1], p["mu"][0])) ** 2)
    >>> run = erg.sample(energy, erg.Gibbs({"mu": erg.NUTS(), "z": erg.DiscreteGibbs()}), space=space, draws=500, warmup=200, seed=1)
    >>> run["z"].shape
    (4, 500, 5)

    References
    ----------
    S. Geman, D. Geman, IEEE Trans. Pattern Anal. Mach. Intell. 6, 721 (1984).
    """

    type: ClassVar[str] = "Gibbs"

    if not TYPE_CHECKING:

        def __new__(cls, *args: Any, **fields: Any) -> Any:
            return object.__new__(cls)

    def __init__(self, blocks: Mapping[Any, Method]) -> None:
        if not isinstance(blocks, Mapping) or not blocks:
            raise SpecError(f"Gibbs: expected a dict from names to methods, got {blocks!r}", 'Try erg.Gibbs({"mu": erg.NUTS(), "z": erg.Slice()}).',
                            {"argument": "blocks"})  # fmt: skip
        for name, method in blocks.items():
            names = name if isinstance(name, tuple) else (name,)
            if not names or not all(isinstance(n, str) for n in names):
                raise SpecError(f"Gibbs: expected names of parameters, got {name!r}", fields={"argument": "blocks"})
            if not isinstance(method, Method) or isinstance(method, Gibbs):
                what = f"the class {method.__name__}" if isinstance(method, type) else repr(method)
                raise SpecError(f"Gibbs: expected a method of single chains for {name!r}, got {what}", fields={"argument": "blocks"})
        self.blocks = dict(blocks)

    def __repr__(self) -> str:
        return f"Gibbs({self.blocks!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Gibbs) and list(self.blocks.items()) == list(other.blocks.items())

    def __hash__(self) -> int:
        return hash((Gibbs, tuple(self.blocks.items())))

    def values(self) -> dict[str, Any]:
        """Nothing, before it is placed in a space."""
        return {}

    def on(self, layout: Layout) -> Placed:
        """The method for the coordinates of a space."""
        pairs = [(n, k) for k, name in enumerate(self.blocks) for n in (name if isinstance(name, tuple) else (name,))]
        of: list[int] = []
        for part in layout.names:
            found = [k for n, k in pairs if part == n or part.startswith(n + ".")]
            if len(found) != 1:
                what = "is in two blocks" if found else "is in no block"
                raise SpecError(f"Gibbs: the parameter {part!r} {what}; the space has {', '.join(layout.names)}", fields={"argument": "blocks"})
            of.append(found[0])
        for n, _ in pairs:
            if not any(part == n or part.startswith(n + ".") for part in layout.names):
                raise SpecError(f"Gibbs: there is no parameter {n!r}; the space has {', '.join(layout.names)}", fields={"argument": "blocks"})
        return Placed(self, [s.size for s in layout.spaces], of)


class Placed(Gibbs):
    """Blocks of coordinates."""

    def __init__(self, gibbs: Gibbs, sizes: list[int], of: list[int]) -> None:
        super().__init__(gibbs.blocks)
        self.sizes, self.of = sizes, of

    def values(self) -> dict[str, Any]:
        """As they are sent."""
        return {"kernels": list(self.blocks.values()), "sizes": self.sizes, "of": self.of}
