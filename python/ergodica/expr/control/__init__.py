"""Control flow and functions with rules of their own, as operations of a program."""

from ergodica.expr.control.branches import cond, remat, switch
from ergodica.expr.control.loops import fori_loop, map, scan, while_loop

__all__ = ["cond", "fori_loop", "map", "remat", "scan", "switch", "while_loop"]
