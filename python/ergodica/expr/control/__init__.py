"""Control flow and functions with rules of their own, as operations of a program."""

from ergodica.expr.control.branches import cond, remat, switch
from ergodica.expr.control.loops import fori_loop, map, scan, while_loop
from ergodica.expr.control.rules import custom_derivative, custom_linear_solve, custom_root

__all__ = [
    "cond",
    "custom_derivative",
    "custom_linear_solve",
    "custom_root",
    "fori_loop",
    "map",
    "remat",
    "scan",
    "switch",
    "while_loop",
]
