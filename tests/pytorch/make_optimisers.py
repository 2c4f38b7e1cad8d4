"""Writes optimisers.json: parameters after each step of PyTorch's optimisers on one skewed loss, and rates of its schedules, float64.

python tests/pytorch/make_optimisers.py
"""

import json
from pathlib import Path

import torch
from torch.optim import lr_scheduler as rates
from torch.optim.swa_utils import AveragedModel

torch.set_default_dtype(torch.float64)
A = torch.tensor([[3.0, 1.0, 0.5], [1.0, 2.0, -0.3], [0.5, -0.3, 0.7]])


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.nn.Parameter(torch.tensor([1.0, -2.0, 0.5]))
        self.w = torch.nn.Parameter(torch.tensor([[0.3, -0.8], [1.2, 0.4]]))

    def loss(self):
        x, y = self.a, self.w
        return x @ A @ x / 2 + torch.cos(x).sum() + torch.exp(y).sum() - (y * torch.tensor([[1.0, 2.0], [3.0, 0.5]])).sum() + (x[0] - y[1, 1]) ** 2


def flat(model):
    return torch.cat([model.a.detach().ravel(), model.w.detach().ravel()]).tolist()


def walk(make, schedule=None, steps=12, mean=None):
    model = Model()
    optimiser = make(model.parameters())
    schedule = schedule(optimiser) if schedule else None
    averaged = AveragedModel(model) if mean else None
    out = []
    for k in range(steps):
        optimiser.zero_grad()
        model.loss().backward()
        optimiser.step()
        if schedule:
            schedule.step()
        if averaged and k + 1 >= mean[0] and (k + 1 - mean[0]) % mean[1] == 0:
            averaged.update_parameters(model)
        out.append(flat(model))
    return [*out, flat(averaged.module)] if averaged else out


def values(schedule, steps=30):
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], 0.1)
    s, out = schedule(optimiser), []
    for _ in range(steps):
        out.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        s.step()
    return out


O = torch.optim
out = {
    "torch": torch.__version__,
    "SGD": walk(lambda p: O.SGD(p, 0.05)),
    "SGD momentum": walk(lambda p: O.SGD(p, 0.05, momentum=0.9)),
    "SGD nesterov": walk(lambda p: O.SGD(p, 0.05, momentum=0.8, nesterov=True, weight_decay=0.1)),
    "Adam": walk(lambda p: O.Adam(p, 0.1)),
    "Adam settings": walk(lambda p: O.Adam(p, 0.1, betas=(0.8, 0.95), eps=1e-3)),
    "AdamW": walk(lambda p: O.AdamW(p, 0.1, weight_decay=0.2)),
    "RMSprop": walk(lambda p: O.RMSprop(p, 0.02)),
    "RMSprop momentum": walk(lambda p: O.RMSprop(p, 0.02, alpha=0.9, momentum=0.5, eps=1e-4)),
    "NAdam": walk(lambda p: O.NAdam(p, 0.05, momentum_decay=4e-3)),
    "Adam OneCycle": walk(lambda p: O.Adam(p, 0.1), lambda o: rates.OneCycleLR(o, 0.1, total_steps=13, cycle_momentum=False)),
    "SWA": walk(lambda p: O.SGD(p, 0.05, momentum=0.9), mean=(4, 3)),
    "rates": {
        "OneCycle": values(lambda o: rates.OneCycleLR(o, 0.1, total_steps=40)),
        "Cosine": values(lambda o: rates.CosineAnnealingLR(o, 30, eta_min=0.01)),
        "Exponential": values(lambda o: rates.ExponentialLR(o, 0.9)),
        "Piecewise": values(lambda o: rates.MultiStepLR(o, [5, 12], 0.1)),
    },
}
Path(__file__).with_name("optimisers.json").write_text(json.dumps(out, indent=0).replace(",\n", ",").replace("[\n", "[").replace("\n]", "]"))
