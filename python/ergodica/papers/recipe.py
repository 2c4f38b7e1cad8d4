"""Recipes: how they are written, found and run."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ergodica.errors import SpecError
from ergodica.papers.report import Report

SIZES = ("quick", "full")


@dataclass(frozen=True)
class Recipe:
    """A published system. Calling it runs it: ``recipe(size="quick", seed=1, ...)`` gives a :class:`Report`."""

    id: str
    slug: str
    family: str
    cite: str
    function: Callable[..., Report]

    @property
    def title(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.function) or "").split("\n", 1)[0].rstrip(".")

    @property
    def parameters(self) -> dict[str, Any]:
        """Keywords with their defaults; ``seed`` is one of them where anything is random."""
        return {p.name: p.default for p in inspect.signature(self.function).parameters.values() if p.name != "size"}

    @property
    def path(self) -> str:
        """The file that it is written in."""
        return inspect.getsourcefile(self.function) or ""

    def __call__(self, size: str = "quick", **changes: Any) -> Report:
        if size not in SIZES:
            raise SpecError(f"{self.id}: expected size 'quick' or 'full', got {size!r}", fields={"argument": "size"})
        known = self.parameters
        for name in changes:
            if name not in known:
                raise SpecError(f"{self.id} has no parameter {name!r}; it has: {', '.join(known) or 'none'}", fields={"argument": name})
        begun = time.perf_counter()
        report = self.function(size, **changes)
        if not isinstance(report, Report):
            raise SpecError(f"{self.id}: a recipe returns its Report, this one {type(report).__name__}")
        report.recipe, report.size, report.parameters = f"{self.id} {self.slug}", size, {**known, **changes}
        report.seconds = time.perf_counter() - begun
        return report

    def changed(self, assignments: list[str]) -> dict[str, Any]:
        """``["L=48"]`` as keywords: values are Python literals, else strings."""
        changes: dict[str, Any] = {}
        for text in assignments:
            name, given, value = text.partition("=")
            if not given:
                raise SpecError(f"--set: expected NAME=VALUE, got {text!r}", "Try --set L=48.")
            try:
                changes[name] = ast.literal_eval(value)
            except (ValueError, SyntaxError):
                changes[name] = value
        return changes


_known: dict[str, Recipe] = {}


def recipe(id: str, slug: str, *, family: str, cite: str) -> Callable[[Callable[..., Report]], Recipe]:
    """Make a recipe of a function ``run(size="quick", *, ..., seed=1) -> Report``.

    Its docstring says what is claimed, the model in equations, and what is measured; its keywords are the paper's parameters.
    """

    def register(function: Callable[..., Report]) -> Recipe:
        r = Recipe(id, slug, family, cite, function)
        other = _known.get(id)
        if other is not None and other.path != r.path:
            raise SpecError(f"two recipes are called {id}: {other.path} and {r.path}")
        _known[id] = r
        return r

    return register


def recipes() -> list[Recipe]:
    """All recipes, by their number."""
    from ergodica import papers

    for family in pkgutil.iter_modules(papers.__path__, "ergodica.papers."):
        if family.ispkg:
            for module in pkgutil.iter_modules(importlib.import_module(family.name).__path__, family.name + "."):
                importlib.import_module(module.name)
    return sorted(_known.values(), key=lambda r: r.id)


def find(name: str) -> Recipe:
    """The recipe of a number or a slug."""
    everything = recipes()
    for r in everything:
        if name in (r.id, r.slug):
            return r
    raise SpecError(f"there is no recipe {name!r}; there are: {', '.join(r.id for r in everything)}", "Try python -m ergodica papers list.")
