"""Published systems as short recipes: each measures what a paper claims, beside the expected number, with its error.

>>> from ergodica import papers
>>> papers.find("S028").slug
'matrix-generalized-ensemble'

``python -m ergodica papers list`` shows them; ``python -m ergodica papers run S028 --size full --seed 3 --set sites=10`` runs one. A recipe is
written as an example to copy: a module in ``ergodica/papers/<family>/`` with one function under :func:`recipe`.
"""

from ergodica.papers.recipe import Recipe, find, recipe, recipes
from ergodica.papers.report import Claim, Report

__all__ = ["Claim", "Recipe", "Report", "find", "recipe", "recipes"]
