"""First-order optimisers: SGD, Adam, NAdam, RMSprop, Lion."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica.learning.optimisers.base import Gradient, Leaves, Rate, as_type, between, zeros


class SGD(Gradient):
    r"""Steepest descent, with momentum where it is asked for.

    .. math:: v \leftarrow \mu v + g, \qquad \theta \leftarrow \theta - \eta v \quad (\text{Nesterov: } \theta - \eta (g + \mu v))

    Parameters
    ----------
    rate : float or function of the step, default 1e-2
    momentum : float in [0, 1], default 0
    nesterov : bool, default False
    decay : float, default 0
        L2 penalty: ``decay`` theta is added to g.
    clip : float, optional
        Bound of the gradient's norm.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> fit = erg.learn(lambda m: np.sum(m["x"] ** 2), {"x": np.ones(3)}, erg.SGD(0.25), steps=3, seed=1)
    >>> fit.model["x"].tolist()
    [0.125, 0.125, 0.125]
    """

    rate: Rate = 1e-2
    momentum: float = 0.0
    nesterov: bool = False
    decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        between("SGD.momentum", self.momentum, 0.0, 1.0)
        between("SGD.decay", self.decay, 0.0)

    def start(self, parameters: Leaves, names: list[str]) -> Any:
        return [zeros(parameters)] if self.momentum else None

    def move(self, p: Any, g: Any, state: list[Any], rate: Any, common: list[Any]) -> tuple[Any, list[Any]]:
        if self.decay:
            g = g + self.decay * p
        if not self.momentum:
            return p - rate * g, []
        v = self.momentum * state[0] + g
        return p - rate * (g + self.momentum * v if self.nesterov else v), [v]


class Adam(Gradient):
    r"""Moments of the gradient, corrected for their start at zero.

    .. math::
        m \leftarrow \beta_1 m + (1-\beta_1) g, \quad v \leftarrow \beta_2 v + (1-\beta_2) |g|^2, \quad
        \theta \leftarrow (1 - \eta\lambda)\,\theta - \eta\, \frac{m / (1 - \beta_1^{k+1})}{\sqrt{v / (1 - \beta_2^{k+1})} + \epsilon}

    Parameters
    ----------
    rate : float or function of the step, default 1e-3
    decay : float, default 0
        :math:`\lambda`, decoupled from the gradient (AdamW).
    beta1, beta2, epsilon : float, default 0.9, 0.999, 1e-8
    clip : float, optional
        Bound of the gradient's norm.

    References
    ----------
    D. P. Kingma and J. Ba, arXiv:1412.6980; I. Loshchilov and F. Hutter, arXiv:1711.05101.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> fit = erg.learn(lambda m: np.sum((m["x"] - 2.0) ** 2), {"x": np.zeros(3)}, erg.Adam(0.1), steps=300, seed=1)
    >>> bool(np.all(np.abs(fit.model["x"] - 2.0) < 1e-3))
    True
    """

    rate: Rate = 1e-3
    decay: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, x in (("beta1", self.beta1), ("beta2", self.beta2)):
            between(f"Adam.{name}", x, 0.0, 1.0 - 1e-16)
        between("Adam.epsilon", self.epsilon, 0.0)
        between("Adam.decay", self.decay, 0.0)

    def start(self, parameters: Leaves, names: list[str]) -> Any:
        return [zeros(parameters), [np.zeros(p.shape, p.real.dtype) for p in parameters]]

    def common(self, k: Any) -> list[Any]:
        after = k.astype(np.float64) + 1.0
        return [1.0 / (1.0 - self.beta1**after), 1.0 / (1.0 - self.beta2**after)]

    def move(self, p: Any, g: Any, state: list[Any], rate: Any, common: list[Any]) -> tuple[Any, list[Any]]:
        m = self.beta1 * state[0] + (1 - self.beta1) * g
        v = self.beta2 * state[1] + (1 - self.beta2) * ((g * np.conj(g)).real if g.dtype.kind == "c" else g * g)
        step = rate * (m * common[0]) / (np.sqrt(v * common[1]) + self.epsilon)
        if self.decay:
            step = step + rate * self.decay * p
        return p - step, [m, v]


class NAdam(Adam):
    r"""Adam with Nesterov's momentum, whose strength warms up.

    .. math::
        \mu_i = \beta_1 (1 - \tfrac12\, 0.96^{i \psi}), \quad i = k + 1, \qquad
        \theta \leftarrow (1 - \eta\lambda)\,\theta - \frac{\eta}{\sqrt{\hat v} + \epsilon}
        \left( \frac{1 - \mu_i}{1 - \prod_{j \le i} \mu_j} g + \frac{\mu_{i+1}}{1 - \prod_{j \le i + 1} \mu_j} m \right)

    Parameters
    ----------
    rate : float or function of the step, default 2e-3
    decay, beta1, beta2, epsilon, clip
        As for :class:`Adam`.
    warmth : float, default 4e-3
        :math:`\psi`.

    References
    ----------
    T. Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop (2016).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> fit = erg.learn(lambda m: np.sum((m["x"] - 2.0) ** 2), {"x": np.zeros(3)}, erg.NAdam(0.1), steps=300, seed=1)
    >>> bool(np.all(np.abs(fit.model["x"] - 2.0) < 1e-3))
    True
    """

    rate: Rate = 2e-3
    warmth: float = 4e-3

    def __post_init__(self) -> None:
        super().__post_init__()
        between("NAdam.warmth", self.warmth, 0.0)

    def start(self, parameters: Leaves, names: list[str]) -> Any:
        return [*super().start(parameters, names), [np.ones(()) for _ in parameters]]

    def common(self, k: Any) -> list[Any]:
        i = k.astype(np.float64) + 1.0
        mu = lambda i: self.beta1 * (1.0 - 0.5 * 0.96 ** (i * self.warmth))
        return [mu(i), mu(i + 1.0), 1.0 / (1.0 - self.beta2**i)]

    def move(self, p: Any, g: Any, state: list[Any], rate: Any, common: list[Any]) -> tuple[Any, list[Any]]:
        now, then, correction = common
        m = self.beta1 * state[0] + (1 - self.beta1) * g
        v = self.beta2 * state[1] + (1 - self.beta2) * ((g * np.conj(g)).real if g.dtype.kind == "c" else g * g)
        product = state[2] * now.astype(np.float64)
        weights = as_type(1.0 / (1.0 - product), now.dtype), as_type(1.0 / (1.0 - product * then.astype(np.float64)), now.dtype)
        step = rate * ((1 - now) * weights[0] * g + then * weights[1] * m) / (np.sqrt(v * correction) + self.epsilon)
        return p - (step + rate * self.decay * p if self.decay else step), [m, v, product]


class RMSprop(Gradient):
    r"""The gradient in units of its recent root mean square.

    .. math:: v \leftarrow \alpha v + (1-\alpha) |g|^2, \qquad \theta \leftarrow \theta - \eta\, g / (\sqrt{v} + \epsilon)

    With momentum, :math:`b \leftarrow \mu b + g / (\sqrt v + \epsilon)` takes the place of the quotient.

    Parameters
    ----------
    rate : float or function of the step, default 1e-3
    alpha : float, default 0.99
    epsilon : float, default 1e-8
    momentum : float, default 0
    clip : float, optional
        Bound of the gradient's norm.

    References
    ----------
    T. Tieleman and G. Hinton, Coursera lecture 6.5 (2012).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> fit = erg.learn(lambda m: np.sum(m["x"] ** 2), {"x": np.ones(3)}, erg.RMSprop(1e-2), steps=300, seed=1)
    >>> bool(np.all(np.abs(fit.model["x"]) < 0.02))
    True
    """

    rate: Rate = 1e-3
    alpha: float = 0.99
    epsilon: float = 1e-8
    momentum: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        between("RMSprop.alpha", self.alpha, 0.0, 1.0)
        between("RMSprop.epsilon", self.epsilon, 0.0)
        between("RMSprop.momentum", self.momentum, 0.0, 1.0)

    def start(self, parameters: Leaves, names: list[str]) -> Any:
        squares = [np.zeros(p.shape, p.real.dtype) for p in parameters]
        return [squares, zeros(parameters)] if self.momentum else [squares]

    def move(self, p: Any, g: Any, state: list[Any], rate: Any, common: list[Any]) -> tuple[Any, list[Any]]:
        v = self.alpha * state[0] + (1 - self.alpha) * ((g * np.conj(g)).real if g.dtype.kind == "c" else g * g)
        unit = g / (np.sqrt(v) + self.epsilon)
        if not self.momentum:
            return p - rate * unit, [v]
        b = self.momentum * state[1] + unit
        return p - rate * b, [v, b]


class Lion(Gradient):
    r"""The sign of an interpolated momentum.

    .. math::
        \theta \leftarrow (1 - \eta\lambda)\,\theta - \eta\, \mathrm{sign}(\beta_1 m + (1-\beta_1) g), \qquad
        m \leftarrow \beta_2 m + (1-\beta_2) g

    Parameters
    ----------
    rate : float or function of the step, default 1e-4
    decay : float, default 0
        :math:`\lambda`, decoupled from the gradient.
    beta1, beta2 : float, default 0.9, 0.99
    clip : float, optional
        Bound of the gradient's norm.

    References
    ----------
    X. Chen et al., arXiv:2302.06675.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> fit = erg.learn(lambda m: np.sum(m["x"] ** 2), {"x": np.ones(3)}, erg.Lion(1e-2), steps=200, seed=1)
    >>> bool(np.all(np.abs(fit.model["x"]) < 0.1))
    True
    """

    rate: Rate = 1e-4
    decay: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.99

    def __post_init__(self) -> None:
        super().__post_init__()
        between("Lion.beta1", self.beta1, 0.0, 1.0)
        between("Lion.beta2", self.beta2, 0.0, 1.0)
        between("Lion.decay", self.decay, 0.0)

    def start(self, parameters: Leaves, names: list[str]) -> Any:
        return [zeros(parameters)]

    def move(self, p: Any, g: Any, state: list[Any], rate: Any, common: list[Any]) -> tuple[Any, list[Any]]:
        step = rate * np.sign(self.beta1 * state[0] + (1 - self.beta1) * g)
        if self.decay:
            step = step + rate * self.decay * p
        return p - step, [self.beta2 * state[0] + (1 - self.beta2) * g]
