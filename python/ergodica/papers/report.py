"""What a recipe found: claims, each a measured number beside the expected one."""

from __future__ import annotations

import html
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from scipy.special import ndtr, stdtrit

from ergodica.errors import SpecError

SIGMAS = 4.9
"""Standard errors that a measured number may lie off, beside its tolerance: of a million right ones, one is refused."""


@dataclass(frozen=True)
class Claim:
    """One number of a paper. ``holds`` if measured lies within expected +- (tolerance + sigmas se), or between the limits widened by sigmas se.

    Where se is itself an estimate with few degrees of freedom, sigmas are those of Student's law with the same probability beyond them.
    """

    what: str
    measured: float
    se: float = 0.0
    expected: float | None = None
    tolerance: float = 0.0
    above: float = -math.inf
    below: float = math.inf
    sigmas: float = SIGMAS
    source: str = ""
    dof: float = math.inf

    @property
    def holds(self) -> bool:
        slack = self.se * (self.sigmas if math.isinf(self.dof) else -float(stdtrit(self.dof, ndtr(-self.sigmas))))
        low, high = self.above, self.below
        if self.expected is not None:
            low, high = max(low, self.expected - self.tolerance), min(high, self.expected + self.tolerance)
        return math.isfinite(self.measured) and math.isfinite(slack) and low - slack <= self.measured <= high + slack

    @property
    def wanted(self) -> str:
        """What is expected, in words."""
        parts = []
        if self.expected is not None:
            parts.append(f"{self.expected:.7g}" + (f" +- {self.tolerance:.2g}" if self.tolerance else ""))
        if self.above > -math.inf:
            parts.append(f"> {self.above:.6g}")
        if self.below < math.inf:
            parts.append(f"< {self.below:.6g}")
        return ", ".join(parts)

    @property
    def found(self) -> str:
        """What was measured, in words."""
        return f"{self.measured:.7g}" + (f" +- {self.se:.2g}" if self.se else "")


@dataclass
class Report:
    """The claims, notes and figures of one run of a recipe; prints itself as a table.

    Examples
    --------
    >>> from ergodica.papers import Report
    >>> report = Report()
    >>> report.claim("mean of a fair die", 3.47, se=0.02, expected=3.5, source="closed form")
    True
    >>> print(report)
    ok    mean of a fair die  3.47 +- 0.02  expected 3.5  [closed form]
    """

    claims: list[Claim] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    figures: dict[str, Callable[[], Any]] = field(default_factory=dict)
    recipe: str = ""
    size: str = "quick"
    parameters: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def claim(self, what: str, measured: Any, *, se: Any = 0.0, expected: Any = None, tolerance: float = 0.0, above: float = -math.inf,
              below: float = math.inf, sigmas: float = SIGMAS, source: str = "", dof: float = math.inf) -> bool:  # fmt: skip
        """Add a measured number and tell whether the claim holds.

        Parameters
        ----------
        what : str
            The quantity, in the paper's words.
        measured : float
            What came out here.
        se : float, default 0
            Its standard error; 0 for what has none.
        expected, tolerance : float
            The claim, and how far off a right result may lie beside its statistical error (a bias that is known, rounding).
        above, below : float
            Limits, in place of a number or beside it.
        sigmas : float, default 4.9
            Standard errors that are allowed.
        source : str
            Where the expected number is from: the paper, a closed form, another method.
        dof : float, default inf
            Degrees of freedom of se: for n runs that it was found from, n - 1.
        """
        if expected is None and above == -math.inf and below == math.inf:
            raise SpecError(f"claim: {what!r} has nothing to be compared with", "Give expected=, above= or below=.")
        expected = None if expected is None else float(expected)
        c = Claim(what, float(measured), float(se), expected, float(tolerance), float(above), float(below), float(sigmas), source, float(dof))
        self.claims.append(c)
        return c.holds

    def mean(self, what: str, values: Any, *, se: float = 0.0, **words: Any) -> bool:
        """Claim the mean of ``values`` (n,) of independent runs, with the error that they show; ``se`` is that of the expected number, beside it.

        ``words`` are those of :meth:`claim`.
        """
        x = np.asarray(values, float)
        own = x.std(ddof=1) / np.sqrt(len(x))
        return self.claim(what, x.mean(), se=np.hypot(own, se), dof=(len(x) - 1) * (1 + (se / own) ** 2) ** 2 if own else math.inf, **words)

    def spread(self, what: str, values: Any, *, se: float = 0.0, **words: Any) -> bool:
        """Claim the standard deviation of ``values`` (n,) of independent runs, with its error by their fourth moment; else as :meth:`mean`."""
        x = np.asarray(values, float)
        v = x.var(ddof=1)
        share = np.sqrt(max(np.mean((x - x.mean()) ** 4) / v**2 - 1, 2) / (4 * len(x)))
        own = share * max(np.sqrt(v), words.get("expected", 0.0))  # a spread that came out small would have too small an error
        return self.claim(what, np.sqrt(v), se=np.hypot(own, se), dof=(len(x) - 1) * (1 + (se / own) ** 2) ** 2, **words)

    def note(self, text: str) -> None:
        """Say something that is no claim."""
        self.notes.append(text)

    def figure(self, name: str, draw: Callable[[Any], None]) -> None:
        """Keep a picture: ``draw(axes)`` is called when it is looked at, so that matplotlib is not needed before."""

        def shown() -> Any:
            import matplotlib.pyplot as plt

            picture, axes = plt.subplots()
            draw(axes)
            axes.set_title(name)
            return picture

        self.figures[name] = shown

    @property
    def holds(self) -> bool:
        """Whether there are claims and all of them hold."""
        return bool(self.claims) and all(c.holds for c in self.claims)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON. Infinite limits are left out."""
        claims = [{k: v for k, v in asdict(c).items() if v is not None and not (isinstance(v, float) and not math.isfinite(v))} | {"holds": c.holds}
                  for c in self.claims]  # fmt: skip
        return {"recipe": self.recipe, "size": self.size, "parameters": {k: _plain(v) for k, v in self.parameters.items()}, "holds": self.holds,
                "seconds": round(self.seconds, 3), "claims": claims, "notes": self.notes}  # fmt: skip

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """Verdict, quantity, measured, expected, source of each claim."""
        return [("ok" if c.holds else "FAILS", c.what, c.found, f"expected {c.wanted}", f"[{c.source}]" if c.source else "") for c in self.claims]

    def __repr__(self) -> str:
        rows = self.rows()
        widths = [max((len(r[i]) for r in rows), default=0) for i in range(5)]
        widths[0] = max(widths[0], 4)
        head = [f"{self.recipe} ({self.size}, {self.seconds:.1f} s)"] if self.recipe else []
        lines = ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows]
        return "\n".join([*head, *lines, *(f"note: {n}" for n in self.notes)])

    def _repr_html_(self) -> str:
        rows = "".join("<tr>" + "".join(f"<td style='text-align:left'>{html.escape(c)}</td>" for c in r) + "</tr>" for r in self.rows())
        notes = "".join(f"<p>{html.escape(n)}</p>" for n in self.notes)
        return f"<p><b>{html.escape(self.recipe)}</b> ({self.size}, {self.seconds:.1f} s)</p><table>{rows}</table>{notes}"


def _plain(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return x.tolist()
    return x.item() if isinstance(x, np.generic) else list(x) if isinstance(x, tuple) else x
