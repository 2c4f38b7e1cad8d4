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
    MajorityVote,
    MassTransport,
    Pairwise,
    Phi4,
    Potts,
    Sandpile,
    Tabled,
    Voter,
    ZeroRange,
)
from ergodica.lattice.crystals import Crystal, bcc, chain, crystal, diamond, fcc, honeycomb, hypercubic, kagome, pyrochlore, triangular
from ergodica.lattice.models import Model
from ergodica.lattice.networks import bethe, complete, erdos_renyi, random_regular
from ergodica.lattice.patterns import clusters, damage
from ergodica.lattice.vectors import XY, Heisenberg

__all__ = [
    "ON",
    "SU2",
    "SU3",
    "U1",
    "XY",
    "Clock",
    "Crystal",
    "Elementary",
    "Exclusion",
    "Graph",
    "Heisenberg",
    "Hopfield",
    "Ising",
    "LifeLike",
    "MajorityVote",
    "MassTransport",
    "Model",
    "Pairwise",
    "Phi4",
    "Potts",
    "Sandpile",
    "Tabled",
    "Voter",
    "ZeroRange",
    "bcc",
    "bethe",
    "chain",
    "clusters",
    "complete",
    "crystal",
    "damage",
    "diamond",
    "erdos_renyi",
    "fcc",
    "honeycomb",
    "hypercubic",
    "kagome",
    "pyrochlore",
    "random_regular",
    "triangular",
]
