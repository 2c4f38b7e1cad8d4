"""Spins, fields, particles and opinions on lattices and graphs, and the lattices.

>>> import ergodica as erg
>>> erg.lattice.Ising((32, 32), h=0.1)
Ising((32, 32), h=0.1)
>>> import networkx as nx
>>> erg.lattice.Ising(nx.petersen_graph())
Ising(Graph(sites=10, bonds=15))
>>> erg.lattice.Ising(erg.lattice.kagome((8, 8)))
Ising(kagome((8, 8)))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ergodica._graph import Graph
from ergodica._specs import (
    ON,
    SU2,
    SU3,
    U1,
    Clock,
    Elementary,
    Exclusion,
    Hopfield,
    Ising,
    LifeLike,
    LongRangeIsing,
    LongRangeON,
    MajorityVote,
    MassTransport,
    Pairwise,
    Phi4,
    Potts,
    PSpin,
    Sandpile,
    Tabled,
    Villain,
    Voter,
    ZeroRange,
)
from ergodica.lattice.crystals import Crystal, bcc, chain, crystal, diamond, fcc, honeycomb, hypercubic, kagome, pyrochlore, triangular
from ergodica.lattice.flows import Flowed, gradient_flow
from ergodica.lattice.glasses import SherringtonKirkpatrick, random_p_spin
from ergodica.lattice.models import Model
from ergodica.lattice.networks import bethe, complete, erdos_renyi, random_regular
from ergodica.lattice.overlaps import Overlaps, correlation_length, overlap_distribution, overlaps
from ergodica.lattice.patterns import clusters, damage
from ergodica.lattice.ranges import Dipoles, dipolar_tensor, power_law
from ergodica.lattice.responses import Response, response
from ergodica.lattice.vectors import XY, Heisenberg

if TYPE_CHECKING:
    from ergodica.pictures.colours import picture


def __getattr__(name: str) -> Any:
    if name == "picture":  # whose module needs this one
        from ergodica.pictures.colours import picture

        return picture
    raise AttributeError(f"module 'ergodica.lattice' has no attribute {name!r}")


__all__ = [
    "ON",
    "SU2",
    "SU3",
    "U1",
    "XY",
    "Clock",
    "Crystal",
    "Dipoles",
    "Elementary",
    "Exclusion",
    "Flowed",
    "Graph",
    "Heisenberg",
    "Hopfield",
    "Ising",
    "LifeLike",
    "LongRangeIsing",
    "LongRangeON",
    "MajorityVote",
    "MassTransport",
    "Model",
    "Overlaps",
    "PSpin",
    "Pairwise",
    "Phi4",
    "Potts",
    "Response",
    "Sandpile",
    "SherringtonKirkpatrick",
    "Tabled",
    "Villain",
    "Voter",
    "ZeroRange",
    "bcc",
    "bethe",
    "chain",
    "clusters",
    "complete",
    "correlation_length",
    "crystal",
    "damage",
    "diamond",
    "dipolar_tensor",
    "erdos_renyi",
    "fcc",
    "gradient_flow",
    "honeycomb",
    "hypercubic",
    "kagome",
    "overlap_distribution",
    "overlaps",
    "picture",
    "power_law",
    "pyrochlore",
    "random_p_spin",
    "random_regular",
    "response",
    "triangular",
]


def __dir__() -> list[str]:
    return sorted(__all__)
