"""Where the time of a compiled program goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Stage:
    """A step of a program: a nest (operations fused into one loop over elements) or a single operation.

    ``elements`` is the length of a nest's loop, 0 for other stages; ``seconds`` is the mean over the calls, ``share`` its part of all stages.
    """

    name: str
    text: str
    elements: int
    seconds: float
    share: float

    @property
    def what(self) -> str:
        return f"{self.name}: {self.text}" if self.text else self.name


class Profile:
    """Times of a program's stages, made by :meth:`Program.profile`.

    Attributes
    ----------
    stages : tuple of Stage, in the order in which they run
    calls : int, how many calls were timed
    seconds : float, mean time of a whole call inside the core
    shared : bool, whether a team of threads ran the stages that are worth it
    """

    def __init__(self, name: str, wire: dict[str, Any]) -> None:
        self.name, self.calls, self.shared = name, int(wire["calls"]), bool(wire["shared"])
        self.seconds = wire["total"] / self.calls
        total = sum(s["seconds"] for s in wire["stages"]) or 1.0
        self.stages = tuple(Stage(s["name"], s["text"], s["elements"], s["seconds"] / self.calls, s["seconds"] / total) for s in wire["stages"])

    def __len__(self) -> int:
        return len(self.stages)

    def __repr__(self) -> str:
        head = f"Profile {self.name}: {self.seconds * 1e6:.4g} us a call, {self.calls} calls" + (", shared among threads" if self.shared else "")
        rows = [(_short(s.what), str(s.elements or ""), f"{s.seconds * 1e6:.2f}", f"{s.share:.1%}") for s in self.stages]
        table = [("stage", "elements", "us", "share"), *rows]
        a, b, c, d = (max(map(len, column)) for column in zip(*table, strict=True))
        return "\n".join([head, *(f"{w:<{a}}  {n:>{b}}  {t:>{c}}  {p:>{d}}" for w, n, t, p in table)])


def _short(text: str, width: int = 72) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."
