"""Spins on lattices and graphs.

>>> import ergodica as erg
>>> erg.lattice.Ising((32, 32), h=0.1)
Ising((32, 32), h=0.1)
>>> import networkx as nx
>>> erg.lattice.Ising(nx.petersen_graph())
Ising(Graph(sites=10, bonds=15))
"""

from __future__ import annotations

from ergodica._graph import Graph
from ergodica._specs import Ising

__all__ = ["Graph", "Ising"]
