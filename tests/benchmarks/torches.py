"""The trainings of :mod:`tests.benchmarks.training` in PyTorch: step by step in eager mode with the fused optimiser, and with loss, gradient and
update compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def trainings(torch: Any, name: str, model: Any, dtype: str, data: Any, steps: int, tiny: bool) -> dict[str, Callable[[], Any]]:
    """Programs of so many steps from weights of their own, for ``"flow"`` and ``"classifier"``; ``data`` is (rows, labels, batch of the classifier,
    batch of the flow). A program that does not run here is left out with a line that says why; ``tiny`` leaves out the compiler, which takes a
    minute.
    """
    out = {"torch eager": _training(torch, name, model, dtype, data, steps, lambda f: f)}
    if not tiny:
        try:
            compiled = _training(torch, name, model, dtype, data, steps, torch.compile)
            compiled()
            out["torch.compile"] = compiled
        except Exception as why:  # a missing C++ compiler or header, an unsupported Python
            print(f"(torch.compile does not run here: {(str(why) or repr(why)).splitlines()[0][:100]})")
    return out


def _training(torch: Any, name: str, model: Any, dtype: str, data: Any, steps: int, compiled: Callable[[Any], Any]) -> Callable[[], None]:
    kind = getattr(torch, dtype)
    activation = {"flow": torch.nn.SiLU, "classifier": torch.nn.ReLU}[name]
    parts: list[Any] = []
    for layer in model.layers:
        parts += [torch.nn.Linear(layer.weight.shape[1], layer.weight.shape[0], dtype=kind), activation()]
    net = torch.nn.Sequential(*parts[:-1])
    X, Y, size, batch = data
    x, y = torch.as_tensor(X), torch.as_tensor(Y)
    optimiser = torch.optim.Adam(net.parameters(), 1e-3, fused=True)

    def flow() -> Any:
        a, b, t = torch.randn(batch, 1, dtype=kind), torch.randn(batch, 1, dtype=kind), torch.rand(batch, 1, dtype=kind)
        return ((net(torch.cat([t * a + (1 - t) * b, t], 1)) - (a - b)) ** 2).mean()

    def classify(rows: Any) -> Any:
        return torch.nn.functional.cross_entropy(net(x[rows]), y[rows])

    draw, look = compiled(flow), compiled(classify)
    update = compiled(optimiser.step)

    def run() -> None:
        for _ in range(steps):
            optimiser.zero_grad()
            loss = draw() if name == "flow" else look(torch.randint(len(x), (size,)))
            loss.backward()
            update()

    return run
