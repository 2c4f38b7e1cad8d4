"""Configurations of lattices as colours."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica._arrays import as_numbers
from ergodica._base import System
from ergodica._fit import lattice_shape
from ergodica._graph import Graph
from ergodica.errors import ShapeError, SpecError
from ergodica.lattice.continuous import Local
from ergodica.lattice.crystals import Crystal
from ergodica.sampling.manifolds import Torus

MOST = 512  # pixels along a side; of larger lattices every k-th site is shown
GROUND = (230, 230, 230)
LINKS = ("lattice.U1", "lattice.SU2", "lattice.SU3")
TWO = np.array([[24, 40, 88], [247, 240, 222]], np.uint8)
LEVELS = np.array(
    [[24, 40, 88], [66, 146, 160], [240, 190, 90], [196, 62, 60], [126, 178, 96], [138, 96, 160], [247, 240, 222], [120, 84, 60]], np.uint8
)
RISING = np.array([[20, 16, 60], [80, 32, 120], [170, 50, 110], [235, 105, 70], [250, 180, 80], [252, 245, 190]], np.float64)
SIGNED = np.array([[30, 60, 140], [110, 160, 210], [245, 245, 240], [225, 130, 100], [140, 25, 45]], np.float64)


def picture(system: System, configuration: Any) -> np.ndarray:
    """A configuration as an image: what ``erg.live`` shows, and what ``plt.imshow`` draws.

    Spins of two values are dark (-1) and light; other whole numbers have a colour each up to 7, beyond that they rise from dark to light; angles
    (XY, clock, U(1) links) are hues, 0 red and pi cyan; Heisenberg spins have the azimuth as hue and z as lightness; real numbers are blue below
    0 and red above, or rise from dark to light where none is negative. Links are shown by the plaquettes in the plane of the image: their angle for
    U(1), Re tr U / N for SU(N).

    Parameters
    ----------
    system : System
        A named system on a lattice or graph.
    configuration : array
        One configuration in the shape that the system's runs have, as ``run.final[0]``.

    Returns
    -------
    uint8 array (rows, columns, 3)
        A plane lattice as it lies (axis 0 downwards); the sites 0 of the leading axes of a higher one; a chain as one row; crystals in the plane with
        each pixel in the colour of its nearest site; the sites of other graphs in rows. At most 512 pixels a side.

    Raises
    ------
    ShapeError
        The configuration has another shape, or is complex.
    NonFiniteError
        NaN or infinity in it.

    Examples
    --------
    >>> import ergodica as erg
    >>> magnet = erg.lattice.Ising((32, 48))
    >>> run = erg.sample(magnet, erg.Metropolis(), kT=2.3, chains=1, sweeps=10, seed=1)
    >>> erg.lattice.picture(magnet, run.final[0]).shape
    (32, 48, 3)
    """
    if not isinstance(system, System) or not system.type.startswith("lattice."):
        raise SpecError(f"picture: expected a system on a lattice, got {system!r}", "Try erg.lattice.picture(system, run.final[0]).",
                        {"argument": "system"})  # fmt: skip
    x, expected = as_numbers(configuration, "picture.configuration"), lattice_shape(system)
    if x.shape != expected:
        raise ShapeError(f"picture.configuration: expected one configuration, of shape {expected}; got {x.shape}", "Try run.final[0].",
                         {"argument": "configuration"})  # fmt: skip
    lattice = getattr(system, "lattice", expected)
    if not isinstance(lattice, Graph):
        return colours(system, _plane(system, x, len(lattice)))
    c = colours(system, x)
    return np.where((w := _where(lattice))[..., None] >= 0, c[w], np.array(GROUND, np.uint8))


def _plane(system: System, x: np.ndarray, axes: int) -> np.ndarray:
    """The values that are shown, the two axes of the image first."""
    if system.type in LINKS:
        x = _plaquettes(system.type, *(x[(mu, *(0,) * (axes - 2))] for mu in (-2, -1)))
    else:
        x = x[None] if axes == 1 else x[(0,) * (axes - 2)]
    return x[:: -(-x.shape[0] // MOST), :: -(-x.shape[1] // MOST)]


def _plaquettes(kind: str, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Angles of U(1) plaquettes, Re tr U / N of SU(N) ones, from the links of a plane along its two axes."""
    if kind == "lattice.U1":
        return a + np.roll(b, -1, 0) - np.roll(a, -1, 1) - b
    if kind == "lattice.SU2":
        a, b = (np.stack([x[..., 0] + 1j * x[..., 3], x[..., 2] + 1j * x[..., 1], -x[..., 2] + 1j * x[..., 1], x[..., 0] - 1j * x[..., 3]], -1)
                .reshape(*x.shape[:-1], 2, 2) for x in (a, b))  # fmt: skip
    else:
        a, b = (x[..., 0, :, :] + 1j * x[..., 1, :, :] for x in (a, b))
    back = np.conj(np.swapaxes(b @ np.roll(a, -1, 1), -1, -2))
    return np.trace(a @ np.roll(b, -1, 0) @ back, axis1=-2, axis2=-1).real / a.shape[-1]


def colours(system: System, x: np.ndarray) -> np.ndarray:
    """A colour for each value (the last axis of vectors is theirs)."""
    kind, values = system.type, system.values()
    if kind == "lattice.ON" or (isinstance(system, Local) and system.components):
        n = x.shape[-1]
        return hue(np.arctan2(x[..., 1], x[..., 0])) if n == 2 else _directions(x) if n == 3 else between(SIGNED, x[..., 0] / 2 + 0.5)
    if kind == "lattice.Clock":
        return hue(2 * np.pi / values["q"] * x)
    if kind in ("lattice.U1", "lattice.Villain") or (isinstance(system, Local) and isinstance(system.space, Torus)):
        return hue(x)
    if kind in LINKS:
        return between(RISING, x / 2 + 0.5)
    if x.dtype.kind == "f":
        size = np.abs(x[np.isfinite(x)]).max(initial=1e-300)
        return between(SIGNED, x / size / 2 + 0.5) if (x < 0).any() else between(RISING, x / size)
    top = int(values.get("q") or (len(values["numbers"]) if "numbers" in values else 0)) - 1
    if top < 0 and x.size and x.min() < 0:
        return TWO[(x > 0).astype(np.int8)]
    top = max(top, int(x.max(initial=1)))
    return TWO[x] if top == 1 else LEVELS[x] if top < len(LEVELS) else between(RISING, x / top)


def hue(angle: np.ndarray) -> np.ndarray:
    """Colours round a circle; of 0 red, of 2 pi/3 green, of -2 pi/3 blue."""
    return (127.5 + 105 * np.cos(angle[..., None] - np.array([0, 2, -2]) * np.pi / 3)).astype(np.uint8)


def _directions(x: np.ndarray) -> np.ndarray:
    z, flat = x[..., 2:], np.sqrt(np.maximum(1 - x[..., 2:] ** 2, 0))
    bright = np.where(z > 0, 255.0, 0.0)
    return (bright * (1 - flat) + hue(np.arctan2(x[..., 1], x[..., 0])) * flat).astype(np.uint8)


def between(colours: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Colours between those at equal distances from 0 to 1; grey where it is not a number."""
    s = np.clip(np.nan_to_num(share), 0, 1) * (len(colours) - 1)
    k = np.minimum(s.astype(np.intp), len(colours) - 2)
    part = (s - k)[..., None]
    return np.where(np.isnan(share)[..., None], np.array(GROUND), colours[k] * (1 - part) + colours[k + 1] * part).astype(np.uint8)


_places: dict[bytes, np.ndarray] = {}


def _where(graph: Graph) -> np.ndarray:
    """The site of each pixel, -1 outside; of the crystal that was asked for last it is kept."""
    if not (isinstance(graph, Crystal) and graph.positions.shape[1] == 2):
        return _rows(graph.sites)
    key = graph.positions.tobytes()
    if key not in _places:
        _places.clear()
        _places[key] = _nearest(graph)
    return _places[key]


def _rows(sites: int) -> np.ndarray:
    width = int(np.ceil(np.sqrt(sites)))
    rows = np.pad(np.arange(sites), (0, -sites % width), constant_values=-1).reshape(-1, width)
    return rows[:: -(-rows.shape[0] // MOST), :: -(-width // MOST)]


def _nearest(crystal: Crystal) -> np.ndarray:
    from scipy.spatial import cKDTree

    low, high = crystal.positions.min(axis=0) - 0.5, crystal.positions.max(axis=0) + 0.5
    step = max((high - low).max() / MOST, 1 / 8)
    x, y = np.arange(low[0], high[0], step) + step / 2, np.arange(low[1], high[1], step) + step / 2
    distance, site = cKDTree(crystal.positions).query(np.stack(np.meshgrid(x, y[::-1]), axis=-1))
    return np.where(distance < 0.75, site, -1)
