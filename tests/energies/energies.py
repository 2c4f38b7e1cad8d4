# ruff: noqa
"""Forty scalar (a few vector) functions of arrays in plain NumPy, the way they are written in notebooks and theses.

Data are made here, from a frozen random stream and rounded, so that every machine sees the same bits.
CASES = [(function, example_input, tags)]; EXPECT_ERROR = [(function, input, why)].
"""
import math

import numpy as np
from scipy import special
from scipy.special import erf, erfc, expit, gammaln, i0e, logsumexp

_rng = np.random.RandomState(2024)


def _draw(*shape, scale=1.0, shift=0.0):
    return np.round(shift + scale * _rng.randn(*shape), 4)


# ----------------------------------------------------------------------------- lattice fields

def phi4_action(phi, kappa=0.18, lam=0.02):
    """Lattice phi^4 action in two dimensions, hopping form, periodic.

    S = sum_x [ -2 kappa phi_x (phi_{x+1} + phi_{x+2}) + phi_x^2 + lam (phi_x^2 - 1)^2 ];  phi (L, L).
    """
    neighbours = np.roll(phi, -1, axis=0) + np.roll(phi, -1, axis=1)
    phi2 = phi ** 2
    S = -2 * kappa * phi * neighbours + phi2 + lam * (phi2 - 1) ** 2
    return S.sum()


def xy_triangular(theta, J=1.0, h=0.3, p=6):
    """XY model on the triangular lattice with a p-fold clock field; theta (L, L) angles.

    E = -J sum_<ij> cos(theta_i - theta_j) - h sum_i cos(p theta_i).
    """
    E = 0.0
    for shift in [(1, 0), (0, 1), (1, -1)]:
        E -= J * np.sum(np.cos(theta - np.roll(theta, shift, axis=(0, 1))))
    E -= h * np.sum(np.cos(p * theta))
    return E


def u1_wilson_action(A, beta=2.0):
    """Compact U(1) gauge action in three dimensions; A (3, L, L, L) link angles.

    S = beta sum_{x, mu<nu} [1 - cos(A_mu(x) + A_nu(x+mu) - A_mu(x+nu) - A_nu(x))].
    """
    ndim = A.shape[0]
    S = 0
    for mu in range(ndim):
        for nu in range(mu + 1, ndim):
            plaq = A[mu] + np.roll(A[nu], -1, mu) - np.roll(A[mu], -1, nu) - A[nu]
            S = S + np.sum(1 - np.cos(plaq))
    return beta * S


def frenkel_kontorova(u, K=0.7, a=0.618):
    """Frenkel-Kontorova chain, open ends; u (N,) displacements from the commensurate sites.

    E = sum 1/2 (u_{i+1} - u_i - a)^2 + K/(2 pi)^2 sum (1 - cos 2 pi u_i).
    """
    strain = np.zeros_like(u)
    strain[1:] = u[1:] - u[:-1] - a
    return 0.5 * (strain ** 2).sum() + K / (2 * np.pi) ** 2 * (1 - np.cos(2 * np.pi * u)).sum()


_Lgl = 5
_peierls_y = np.exp(1j * 2 * np.pi * np.arange(_Lgl) / _Lgl)[:, None]


def ginzburg_landau(psi, alpha=-1.0, b=1.0):
    """Ginzburg-Landau free energy of a complex order parameter on a periodic grid with one flux quantum per column.

    F = sum |psi(x+1) - psi|^2 + |U_y psi(y+1) - psi|^2 + alpha |psi|^2 + b/2 |psi|^4;  psi (L, L) complex, F real.
    """
    dx = np.roll(psi, -1, axis=0) - psi
    dy = _peierls_y * np.roll(psi, -1, axis=1) - psi
    n = (psi * psi.conj()).real
    return np.sum(np.abs(dx) ** 2 + np.abs(dy) ** 2) + alpha * n.sum() + 0.5 * b * (n ** 2).sum()


# ----------------------------------------------------------------------------- molecules

_iu = np.triu_indices(7, k=1)


def lj_cluster(x):
    """Lennard-Jones cluster, 4 sum_{i<j} (r^-12 - r^-6); x (7, 3)."""
    d = x[_iu[0]] - x[_iu[1]]
    inv6 = 1.0 / (d * d).sum(axis=1) ** 3
    return 4 * np.sum(inv6 * (inv6 - 1))


def lj_periodic(x, box=4.2, rc=2.05):
    """Truncated and shifted Lennard-Jones fluid in a cubic box, minimum image; x (N, 3).

    U = sum_{i<j, r<rc} [u(r) - u(rc)], u(r) = 4 (r^-12 - r^-6).
    """
    N = len(x)
    rij = x[:, None, :] - x[None, :, :]
    rij = rij - box * np.round(rij / box)
    r2 = np.sum(rij ** 2, axis=-1) + np.eye(N)          # 1 on the diagonal keeps the powers finite
    s6 = r2 ** -3
    shift = 4 * (rc ** -12 - rc ** -6)
    u = np.where(r2 < rc * rc, 4 * (s6 ** 2 - s6) - shift, 0.0)
    return 0.5 * np.sum(u * (1 - np.eye(N)))


def polymer_energy(r, kb=50.0, l0=1.0, kth=8.0, th0=1.9, kphi=(0.5, -0.2, 0.7)):
    """Bonded chain: harmonic bonds and angles, cosine-series torsions (IUPAC sign); r (N, 3).

    U = kb/2 sum (|b| - l0)^2 + kth/2 sum (theta - th0)^2 + sum_n k_n (1 + cos n phi).
    """
    b = r[1:] - r[:-1]
    L = np.sqrt(np.einsum('ij,ij->i', b, b))
    U = 0.5 * kb * np.sum((L - l0) ** 2)
    c = -np.einsum('ij,ij->i', b[:-1], b[1:]) / (L[:-1] * L[1:])
    theta = np.arccos(np.clip(c, -1.0, 1.0))
    U += 0.5 * kth * np.sum((theta - th0) ** 2)
    b1, b2, b3 = b[:-2], b[1:-1], b[2:]
    n1 = np.cross(b1, b2)
    n2 = np.cross(b2, b3)
    m = np.cross(n1, b2 / L[1:-1, None])
    phi = np.arctan2(np.sum(m * n2, axis=1), np.sum(n1 * n2, axis=1))
    for n, k in enumerate(kphi, start=1):
        U += np.sum(k * (1 + np.cos(n * phi)))
    return U


_q = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])
_kint = np.array([(i, j, k) for i in range(-3, 4) for j in range(-3, 4) for k in range(-3, 4)
                  if 0 < i * i + j * j + k * k <= 9])


def ewald_energy(x, L=3.6, alpha=1.6):
    """Ewald sum of point charges in a cubic box (tin foil), real space by minimum image; x (6, 3).

    U = sum_{i<j} q_i q_j erfc(alpha r)/r + 2 pi/L^3 sum_k exp(-k^2/4 alpha^2)/k^2 |S(k)|^2 - alpha/sqrt(pi) sum q^2.
    """
    i, j = np.triu_indices(len(_q), 1)
    d = x[i] - x[j]
    d -= L * np.round(d / L)
    r = np.linalg.norm(d, axis=1)
    real = (_q[i] * _q[j] * erfc(alpha * r) / r).sum()
    k = 2 * np.pi / L * _kint
    k2 = (k ** 2).sum(axis=1)
    S = (_q * np.exp(1j * (k @ x.T))).sum(axis=1)
    recip = 2 * np.pi / L ** 3 * np.sum(np.exp(-k2 / (4 * alpha ** 2)) / k2 * np.abs(S) ** 2)
    return real + recip - alpha / np.sqrt(np.pi) * np.sum(_q ** 2)


def stillinger_weber(x, A=7.049556277, B=0.6022245584, a=1.8, lam=21.0, gamma=1.2):
    """Stillinger-Weber silicon in reduced units; x (N, 3).

    v2 = A (B r^-4 - 1) exp(1/(r - a)) for r < a;  v3 = lam exp(gamma/(r_ij - a) + gamma/(r_ik - a)) (cos theta_jik + 1/3)^2.
    """
    n = x.shape[0]
    rij = x[None, :, :] - x[:, None, :]
    r2 = (rij ** 2).sum(-1)
    r = np.sqrt(np.where(r2 > 0, r2, 1.0))
    inside = (r < a) & ~np.eye(n, dtype=bool)
    gap = np.where(inside, r - a, -1.0)
    v2 = np.where(inside, A * (B / r ** 4 - 1) * np.exp(1 / gap), 0.0)
    g = np.where(inside, np.exp(gamma / gap), 0.0)
    unit = rij / r[:, :, None]
    U = 0.5 * v2.sum()
    for i in range(n):
        cosines = unit[i] @ unit[i].T
        h = np.outer(g[i], g[i]) * (cosines + 1.0 / 3.0) ** 2
        U += 0.5 * lam * (h.sum() - np.trace(h))
    return U


def eam_energy(x, xi=1.2, zeta=0.1, p=10.9, q=2.8, r0=1.0):
    """Gupta / second-moment embedded atom: E = sum_i [ sum_j zeta exp(-p (r/r0 - 1)) - xi sqrt(rho_i) ]; x (N, 3) flattened.

    rho_i = sum_{j != i} exp(-2 q (r_ij/r0 - 1)).
    """
    pos = x.reshape(-1, 3)
    N = pos.shape[0]
    energy = 0.0
    for i in range(N):
        others = [j for j in range(N) if j != i]
        d = np.sqrt(((pos[others] - pos[i]) ** 2).sum(axis=1)) / r0 - 1
        energy = energy + zeta * np.exp(-p * d).sum() - xi * np.sqrt(np.exp(-2 * q * d).sum())
    return energy


def gaussian_basis_kinetic(basis):
    """Kinetic energy of two electrons filling floating s-Gaussians: tr(S^-1 T), plus 0.1 log det S as a repulsion of exponents.

    basis: log_alpha (n,), centre (n, 3).  S_ij = (pi/p)^{3/2} e^{-mu R^2}, T_ij = mu (3 - 2 mu R^2) S_ij, mu = a b/(a+b), p = a+b.
    """
    a = np.exp(basis["log_alpha"])
    R = basis["centre"]
    p = np.add.outer(a, a)
    mu = np.multiply.outer(a, a) / p
    R2 = ((R[:, None] - R[None, :]) ** 2).sum(axis=2)
    S = (np.pi / p) ** 1.5 * np.exp(-mu * R2)
    T = mu * (3 - 2 * mu * R2) * S
    norm = np.sqrt(np.diag(S))
    S = S / norm / norm[:, None]
    T = T / norm / norm[:, None]
    sign, logdet = np.linalg.slogdet(S)
    return np.trace(np.linalg.solve(S, T)) + 0.1 * logdet


# ----------------------------------------------------------------------------- posteriors

_X = _draw(40, 4)
_X[:, 0] = 1.0
_yb = (_X @ np.array([0.3, -1.0, 0.5, 0.8]) + _draw(40) > 0).astype(float)


def logistic_posterior(beta, prior_sd=2.5):
    """Log posterior of logistic regression, normal prior; beta (4,).

    sum_n [y_n eta_n - log(1 + e^{eta_n})] - |beta|^2 / (2 sd^2), eta = X beta.
    """
    eta = _X @ beta
    return np.dot(_yb, eta) - np.logaddexp(0, eta).sum() - 0.5 * np.sum(np.square(beta / prior_sd))


_tgp = np.linspace(0, 3, 12)
_ygp = np.round(np.sin(2 * _tgp) + 0.1 * _rng.randn(12), 4)


def gp_marginal_likelihood(loghyp, x=_tgp, y=_ygp):
    """Log evidence of GP regression, squared exponential kernel; loghyp = log (length, signal sd, noise sd).

    -1/2 y^T K^-1 y - sum log L_ii - n/2 log 2 pi,  K = L L^T.
    """
    ell, sf, sn = np.exp(loghyp)
    D2 = np.subtract.outer(x, x) ** 2
    K = sf ** 2 * np.exp(-0.5 * D2 / ell ** 2) + sn ** 2 * np.eye(len(x))
    L = np.linalg.cholesky(K)
    z = np.linalg.solve(L, y)
    return -0.5 * z @ z - np.log(np.diag(L)).sum() - 0.5 * len(x) * np.log(2 * np.pi)


_obs = _rng.randint(0, 3, size=25)


def hmm_loglik(p):
    """Log likelihood of a hidden Markov chain by the forward recursion in log space; p: start (K,), trans (K, K), emit (K, M) logits.

    alpha_t(j) = log sum_i exp(alpha_{t-1}(i) + log A_ij) + log B_j(o_t).
    """
    logpi = p["start"] - logsumexp(p["start"])
    logA = p["trans"] - logsumexp(p["trans"], axis=1, keepdims=True)
    logB = p["emit"] - logsumexp(p["emit"], axis=1, keepdims=True)
    alpha = logpi + logB[:, _obs[0]]
    for t in range(1, len(_obs)):
        alpha = logsumexp(alpha[:, None] + logA, axis=0) + logB[:, _obs[t]]
    return logsumexp(alpha)


_sv_y = _draw(30, scale=0.8)


def stochastic_volatility(p):
    """Stochastic volatility, centred; p: mu, phi_raw, log_sigma (), h (T,).

    y_t ~ N(0, e^{h_t}),  h_t ~ N(mu + phi (h_{t-1} - mu), sigma^2), phi = tanh(phi_raw), stationary start.
    """
    mu, phi, sigma, h = p["mu"], np.tanh(p["phi_raw"]), np.exp(p["log_sigma"]), p["h"]

    def norm_lpdf(x, m, s):
        return np.sum(-0.5 * ((x - m) / s) ** 2 - np.log(s) - 0.5 * np.log(2 * np.pi))

    lp = norm_lpdf(h[0], mu, sigma / np.sqrt(1 - phi ** 2))
    lp += sum(norm_lpdf(h[t], mu + phi * (h[t - 1] - mu), sigma) for t in range(1, len(_sv_y)))
    lp += norm_lpdf(_sv_y, 0.0, np.exp(h / 2))
    return lp + norm_lpdf(p["phi_raw"], 1.5, 0.5) - 0.5 * mu ** 2 / 25 - sigma


_hare = np.array([30.0, 47.2, 70.2, 77.4, 36.3, 20.6, 18.1, 21.4])
_lynx = np.array([4.0, 6.1, 9.8, 35.2, 59.4, 41.7, 19.0, 13.0])


def lotka_volterra(log_theta, n_sub=10):
    """Predator-prey fit by fixed-step RK4, log-normal errors with sd 0.25; log_theta (6,) = log (a, b, c, d, u0, v0)."""
    a, b, c, d, u, v = np.exp(log_theta)

    def f(s):
        return np.stack([(a - b * s[1]) * s[0], (-c + d * s[0]) * s[1]])

    s = np.stack([u, v])
    dt = 1.0 / n_sub
    loglik = 0.0
    for year in range(len(_hare)):
        if year > 0:
            for _ in range(n_sub):
                k1 = f(s)
                k2 = f(s + dt / 2 * k1)
                k3 = f(s + dt / 2 * k2)
                k4 = f(s + dt * k3)
                s = s + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        resid = np.log(s) - np.log(np.array([_hare[year], _lynx[year]]))
        loglik -= 0.5 * np.sum((resid / 0.25) ** 2)
    return loglik


_mix = np.concatenate([_draw(15, scale=0.5, shift=-2), _draw(15, scale=0.8, shift=1), _draw(10, scale=0.3, shift=3)])


def gaussian_mixture(params):
    """Log likelihood of a 1-d normal mixture, softmax weights; params: logits, mean, log_sd (3,)."""
    logw = params["logits"] - special.logsumexp(params["logits"])
    sd = np.exp(params["log_sd"])
    z = (_mix[:, None] - params["mean"]) / sd
    comp = logw - 0.5 * z * z - np.log(sd) - 0.5 * np.log(2 * np.pi)
    return special.logsumexp(comp, axis=1).sum()


_counts = _rng.poisson(4.0, size=30)
_expo = np.round(0.5 + _rng.rand(30), 3)
_grp = _rng.randint(0, 5, size=30)


def negbin_hierarchy(p):
    """Negative binomial counts with group intercepts; p: b (5,), m, log_s, log_r ().  mean = exposure exp(b_group), dispersion r."""
    r = np.exp(p["log_r"])
    log_mu = p["b"][_grp] + np.log(_expo)
    mu = np.exp(log_mu)
    ll = gammaln(_counts + r) - gammaln(r) - gammaln(_counts + 1) \
        + r * (p["log_r"] - np.log(r + mu)) + _counts * (log_mu - np.log(r + mu))
    s = np.exp(p["log_s"])
    prior = -0.5 * (((p["b"] - p["m"]) / s) ** 2).sum() - p["b"].size * p["log_s"] - 0.5 * p["m"] ** 2 - s
    return np.sum(ll) + prior


# ----------------------------------------------------------------------------- quantum

_sx = np.array([[0, 1], [1, 0]], dtype=complex)
_sy = np.array([[0, -1j], [1j, 0]])
_sz = np.array([[1, 0], [0, -1]], dtype=complex)


def _site(op, i, n):
    return np.kron(np.kron(np.eye(2 ** i), op), np.eye(2 ** (n - i - 1)))


_Hxxz = sum(0.5 * (_site(_sx, i, 4) @ _site(_sx, i + 1, 4) + _site(_sy, i, 4) @ _site(_sy, i + 1, 4))
            + 0.7 * _site(_sz, i, 4) @ _site(_sz, i + 1, 4) for i in range(3)) + 0.2 * _site(_sy, 0, 4)


def rayleigh_quotient(psi):
    """<psi|H|psi> / <psi|psi> for the open XXZ chain of four spins with a boundary field; psi (16,) complex, not normalised."""
    return (np.vdot(psi, _Hxxz @ psi) / np.vdot(psi, psi)).real


def slater_jastrow(x, omega=1.0, b=0.4):
    """log|psi| of four harmonically trapped fermions in one dimension: Slater determinant of Hermite functions times a Jastrow factor.

    log|det H_k(sqrt(omega) x_i)| - omega sum x^2/2 - sum_{i<j} b / (1 + |x_i - x_j|);  x (4,).
    """
    y = np.sqrt(omega) * x
    H = [np.ones_like(y), 2 * y]
    for k in range(1, len(x) - 1):
        H.append(2 * y * H[k] - 2 * k * H[k - 1])
    _, logdet = np.linalg.slogdet(np.stack(H, axis=1))
    i, j = np.triu_indices(len(x), k=1)
    return logdet - 0.5 * np.sum(y * y) - np.sum(b / (1 + np.abs(x[i] - x[j])))


_spins = np.array([1.0, -1, -1, 1, 1, -1])


def rbm_logpsi(w):
    """Complex log amplitude of a restricted Boltzmann machine; w: a (N,), b (M,), W (M, N), each with a trailing axis (re, im).

    log psi(s) = a.s + sum_j log 2 cosh(b_j + W_j.s): complex scalar.
    """
    cplx = lambda z: z[..., 0] + 1j * z[..., 1]
    theta = cplx(w["b"]) + cplx(w["W"]) @ _spins
    return cplx(w["a"]) @ _spins + np.sum(np.log(2 * np.cosh(theta)))


def circuit_energy(angles, J=1.0, g=0.8):
    """Energy of the 3-qubit transverse Ising chain after a layered RY-RZ-CZ circuit on |000>; angles (layers, 3, 2)."""
    nq = 3

    def apply(gate, state, q):
        state = np.tensordot(gate, state, axes=([1], [q]))
        return np.moveaxis(state, 0, q)

    psi = np.zeros((2,) * nq, dtype=complex)
    psi[0, 0, 0] = 1.0
    cz = np.array([[1, 1], [1, -1]])
    for layer in range(angles.shape[0]):
        for q in range(nq):
            ty, tz = angles[layer, q, 0], angles[layer, q, 1]
            ry = np.array([[np.cos(ty / 2), -np.sin(ty / 2)], [np.sin(ty / 2), np.cos(ty / 2)]])
            rz = np.array([np.exp(-0.5j * tz), np.exp(0.5j * tz)])
            psi = apply(rz[:, None] * ry, psi, q)
        psi = psi * cz[:, :, None] * cz[None, :, :]
    prob = np.abs(psi) ** 2
    s = np.array([1.0, -1.0])
    zz = np.einsum('abc,a,b->', prob, s, s) + np.einsum('abc,b,c->', prob, s, s)
    xs = sum(np.sum((psi.conj() * np.flip(psi, axis=q)).real) for q in range(nq))
    return -J * zz - g * xs


def peierls_free_energy(t, mu=0.15, T=0.2, K=2.0):
    """Electronic free energy of a tight-binding ring plus elastic energy of its hoppings; t (N,) hoppings.

    F = -2 T sum_k log(1 + e^{(mu - e_k)/T}) + K/2 sum (t_i - 1)^2,  H_{i,i+1} = -t_i.
    """
    n = len(t)
    H = np.zeros((n, n))
    right = (np.arange(n) + 1) % n
    H[np.arange(n), right] = -t
    H[right, np.arange(n)] = -t
    e = np.linalg.eigvalsh(H + np.diag(0.3 * np.cos(np.arange(n) ** 2)))
    return -2 * T * np.sum(np.logaddexp(0.0, (mu - e) / T)) + 0.5 * K * np.sum((t - 1) ** 2)


# ----------------------------------------------------------------------------- networks

_inputs = _draw(16, 3)
_targets = np.round(np.sin(_inputs[:, 0]) * _inputs[:, 1] - 0.3 * _inputs[:, 2], 4)


def mlp_loss(params, weight_decay=1e-2):
    """Mean squared error of a two-hidden-layer tanh network with weight decay; params: W1 (3, 6), b1, W2 (6, 5), b2, w3 (5,), b3 ()."""
    h = np.tanh(_inputs @ params["W1"] + params["b1"])
    h = np.tanh(h @ params["W2"] + params["b2"])
    out = h @ params["w3"] + params["b3"]
    loss = np.mean((out - _targets) ** 2)
    for name in ("W1", "W2", "w3"):
        loss += weight_decay * (params[name] ** 2).sum()
    return loss


_tokens = np.array([2, 0, 3, 1, 3])


def transformer_loss(p, heads=2):
    """Next-token cross-entropy of one pre-norm transformer block with causal attention, GELU by erf.

    p: E (V, D) tied embedding, pos (T, D), qkv (D, 3 D), proj (D, D), up (D, 2 D), down (2 D, D), g1, g2 (D,).
    """
    def norm(x, g, eps=1e-5):
        m = x.mean(axis=-1, keepdims=True)
        v = ((x - m) ** 2).mean(axis=-1, keepdims=True)
        return g * (x - m) / np.sqrt(v + eps)

    T = len(_tokens)
    x = p["E"][_tokens] + p["pos"]
    D = x.shape[-1]
    q, k, v = np.split(norm(x, p["g1"]) @ p["qkv"], 3, axis=-1)
    q, k, v = (z.reshape(T, heads, D // heads).transpose(1, 0, 2) for z in (q, k, v))
    att = np.einsum('hid,hjd->hij', q, k) / np.sqrt(D // heads)
    att = np.where(np.tril(np.ones((T, T), dtype=bool)), att, -1e9)
    att = np.exp(att - att.max(axis=-1, keepdims=True))
    att /= att.sum(axis=-1, keepdims=True)
    x = x + np.einsum('hij,hjd->ihd', att, v).reshape(T, D) @ p["proj"]
    u = norm(x, p["g2"]) @ p["up"]
    x = x + (0.5 * u * (1 + erf(u / np.sqrt(2)))) @ p["down"]
    logits = x @ p["E"].T
    logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -np.mean(logp[np.arange(T - 1), _tokens[1:]])


_signal = _draw(24)


def conv_net(p):
    """1-d convolution with stride 2, ReLU, pooling by pairs, logistic output; p: kernel (C, 5), bias (C,), out (C,).

    Loss -log sigmoid(score) for one signal of length 24.
    """
    width, stride = p["kernel"].shape[1], 2
    starts = np.arange(0, len(_signal) - width + 1, stride)
    patches = _signal[starts[:, None] + np.arange(width)]            # (positions, width)
    act = np.maximum(patches @ p["kernel"].T + p["bias"], 0.0)
    pooled = act[:10].reshape(5, 2, -1).max(axis=1)
    score = (pooled.mean(axis=0) * p["out"]).sum()
    return -np.log(expit(score))


_src = np.array([0, 1, 2, 3, 4, 5, 0, 2, 1])
_dst = np.array([1, 2, 3, 4, 5, 0, 3, 5, 4])
_incidence = (np.arange(6)[:, None] == _dst).astype(float)         # (nodes, edges)
_feat = _draw(6, 2)


def graph_net(p, rounds=2):
    """Message passing on a fixed graph, sums by an incidence matrix; p: embed (2, 4), msg (8, 4), upd (4, 4), read (4,)."""
    h = np.tanh(_feat @ p["embed"])
    for _ in range(rounds):
        edge = np.concatenate([h[_src], h[_dst]], axis=1)
        m = np.log1p(np.exp(edge @ p["msg"]))
        h = np.tanh(h @ p["upd"] + _incidence @ m)
    return (h @ p["read"]).sum() ** 2


# ----------------------------------------------------------------------------- optimisation classics

def rosenbrock(x):
    """sum 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2; x (n,)."""
    return sum(100.0 * (x[1:] - x[:-1] ** 2.0) ** 2.0 + (1 - x[:-1]) ** 2.0)


def ackley(x, a=20, b=0.2, c=2 * np.pi):
    """-a exp(-b sqrt(mean x^2)) - exp(mean cos c x) + a + e; x (n,)."""
    return -a * np.exp(-b * np.sqrt(np.mean(x ** 2))) - np.exp(np.mean(np.cos(c * x))) + a + np.e


def rastrigin_with_walls(x, lo=-1.0, hi=1.0):
    """10 n + sum (x^2 - 10 cos 2 pi x), clipped to [lo, hi], plus quadratic walls outside; x (n,)."""
    xc = np.clip(x, lo, hi)
    f = 10 * x.size + np.sum(xc * xc - 10 * np.cos(2 * np.pi * xc))
    wall = np.select([x < lo, x > hi], [(lo - x) ** 2, (x - hi) ** 2], default=0.0)
    return f + 30 * wall.sum()


# ----------------------------------------------------------------------------- statistics

_prec0 = np.array([[2.0, 0.3, 0.0], [0.3, 1.5, -0.4], [0.0, -0.4, 1.0]])


def kl_to_gaussian(theta):
    """KL( N(m, L L^T) || N(0, Lambda^-1) ), log-diagonal Cholesky; theta (9,) = m (3), lower triangle of L by rows (6).

    1/2 [tr(Lambda S) + m^T Lambda m - d + log det Lambda^-1 - log det S].
    """
    m, packed = theta[:3], theta[3:]
    L = np.zeros((3, 3))
    L[np.tril_indices(3)] = packed
    logdiag = np.diag(L)
    L = L - np.diag(logdiag) + np.diag(np.exp(logdiag))
    S = L @ L.T
    return 0.5 * (np.trace(_prec0 @ S) + m @ _prec0 @ m - 3 - np.linalg.slogdet(_prec0)[1] - 2 * logdiag.sum())


_ref_sample = _draw(12, 2)


def mmd_rbf(x, bandwidths=(0.5, 1.0, 2.0)):
    """Unbiased squared maximum mean discrepancy to a fixed sample, sum of Gaussian kernels; x (n, 2)."""
    def k(u, v):
        d2 = ((u[:, None] - v[None]) ** 2).sum(-1)
        return sum(np.exp(-d2 / (2 * s * s)) for s in bandwidths)

    n, m = len(x), len(_ref_sample)
    kxx = (k(x, x).sum() - len(bandwidths) * n) / (n * (n - 1))
    kyy = (k(_ref_sample, _ref_sample).sum() - len(bandwidths) * m) / (m * (m - 1))
    return kxx + kyy - 2 * k(x, _ref_sample).mean()


_times = np.sort(np.round(_rng.exponential(2.0, 20), 3))
_event = (_rng.rand(20) < 0.7).astype(float)
_cov = _draw(20, 3)


def cox_partial_likelihood(beta):
    """Cox log partial likelihood, subjects sorted by time, no ties; beta (3,).

    sum_events [eta_i - log sum_{j >= i} exp eta_j], risk sets by a reversed cumulative sum.
    """
    eta = _cov @ beta
    risk = np.cumsum(np.exp(eta)[::-1])[::-1]
    return np.sum(_event * (eta - np.log(risk)))


_quant = special.ndtri((np.arange(14) + 0.5) / 14)


def wasserstein_to_normal(sample, p=2):
    """Squared 2-Wasserstein distance of an empirical sample to normal quantiles, by sorting; sample (14,)."""
    s = np.sort(sample)
    return np.mean(np.abs(s - _quant) ** p) + 0.01 * np.mean(np.diff(s)[::2] ** 2)


_directions = np.round(_rng.vonmises(0.5, 2.0, 25), 4)


def von_mises_loglik(p):
    """Log likelihood of directions under a von Mises law, stable Bessel function; p = (mu, log kappa).

    sum kappa (cos(x - mu) - 1) - n log(2 pi i0e(kappa)).
    """
    mu, kappa = p[0], np.exp(p[1])
    return kappa * (np.cos(_directions - mu) - 1).sum() - len(_directions) * np.log(2 * np.pi * i0e(kappa))


# ----------------------------------------------------------------------------- fields and differential equations

def burgers_residual(u, nu=0.05, dx=0.1):
    """Steady viscous Burgers residual u u_x - nu u_xx, centred differences inside, u = 0 at both ends; u (n,) -> (n,)."""
    out = np.empty_like(u)
    out[0] = u[0]
    out[-1] = u[-1]
    out[1:-1] = u[1:-1] * (u[2:] - u[:-2]) / (2 * dx)
    out[1:-1] -= nu * (u[2:] - 2 * u[1:-1] + u[:-2]) / dx ** 2
    return out


def kdv_hamiltonian(u, length=10.0):
    """Hamiltonian of the Korteweg-de Vries equation, int (u_x^2/2 - u^3) dx, spectral derivative, periodic; u (n,)."""
    n = len(u)
    k = 2 * np.pi * np.fft.fftfreq(n, d=length / n)
    ux = np.fft.ifft(1j * k * np.fft.fft(u)).real
    return np.add.reduce(0.5 * ux ** 2 - u ** 3) * length / n


_depth = np.array([0.0, 0.8, 1.7, 2.9, 4.0])
_speed = np.array([1.5, 1.48, 1.51, 1.56, 1.60])


def travel_time(z, x_end=6.0):
    """Acoustic travel time along a polyline through a layered ocean, speed by linear interpolation; z (n,) interior depths.

    T = int ds / c(z), trapezoid rule along each leg at five points, end depths 0.5 and 2.0.
    """
    zz = np.concatenate([[0.5], z, [2.0]])
    dx = x_end / (len(zz) - 1)
    total = 0.0
    for i in range(len(zz) - 1):
        leg = np.sqrt(dx ** 2 + (zz[i + 1] - zz[i]) ** 2)
        s = np.linspace(0, 1, 5)
        slowness = 1 / np.interp(zz[i] + s * (zz[i + 1] - zz[i]), _depth, _speed)
        total += leg * np.trapezoid(slowness, s)
    return total


def transmission_profile(n_index, k0=2.0, d=0.3):
    """Transmittance of a layer stack by 2x2 transfer matrices with absorption; n_index (m,) refractive indices -> (m,) of partial stacks.

    T_j = cumulative product of single-interface Fresnel transmittances times exp(-0.05 k0 d n) per layer.
    """
    n_prev = np.empty(len(n_index))
    n_prev[0] = 1.0
    n_prev[1:] = n_index[:-1]
    fresnel = 4 * n_prev * n_index / (n_prev + n_index) ** 2
    return np.cumprod(fresnel * np.exp(-0.05 * k0 * d * n_index)) * np.prod(np.cos(0.1 * n_index))


# ----------------------------------------------------------------------------- example inputs

_grid7 = np.array([[0, 0, 0], [1.1, 0, 0], [0, 1.15, 0], [0, 0, 1.12], [1.1, 1.1, 0.1], [1.0, 0.1, 1.1], [0.1, 1.05, 1.1]])
_box8 = np.array([[i, j, k] for i in (0.4, 1.7) for j in (0.5, 1.8) for k in (0.3, 1.6)])
_zigzag = np.array([[0.85 * i, 0.5 * (i % 2), 0.25 * ((i // 2) % 2) + 0.05 * i] for i in range(7)])
_ions = np.array([[0, 0, 0], [1.45, 0.1, 0], [1.4, 1.5, 0.2], [0.1, 1.4, 0.1], [0.1, 0.2, 1.3], [1.6, 0.0, 1.4]])
_silicon = 0.83 * np.array([[0, 0, 0], [1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1], [2, 2, 0.2]]) * 0.75
_mlp0 = {"W1": _draw(3, 6, scale=0.5), "b1": _draw(6, scale=0.1), "W2": _draw(6, 5, scale=0.4), "b2": _draw(5, scale=0.1),
         "w3": _draw(5, scale=0.5), "b3": np.array(0.1)}
_tf0 = {"E": _draw(4, 4, scale=0.6), "pos": _draw(5, 4, scale=0.3), "qkv": _draw(4, 12, scale=0.5), "proj": _draw(4, 4, scale=0.5),
        "up": _draw(4, 8, scale=0.5), "down": _draw(8, 4, scale=0.5), "g1": _draw(4, scale=0.1, shift=1.0), "g2": _draw(4, scale=0.1, shift=1.0)}
_gn0 = {"embed": _draw(2, 4, scale=0.6), "msg": _draw(8, 4, scale=0.4), "upd": _draw(4, 4, scale=0.5), "read": _draw(4)}

CASES = [
    (phi4_action, _draw(6, 6), ["lattice", "roll"]),
    (xy_triangular, _draw(5, 5, scale=1.5), ["lattice", "roll", "augmented"]),
    (u1_wilson_action, _draw(3, 3, 3, 3, scale=0.8), ["lattice", "roll", "loop"]),
    (frenkel_kontorova, _draw(12, scale=0.3), ["lattice", "own_buffer"]),
    (ginzburg_landau, _draw(5, 5) + 1j * _draw(5, 5), ["lattice", "complex_in"]),
    (lj_cluster, _grid7 + _draw(7, 3, scale=0.02), ["molecules", "fancy"]),
    (lj_periodic, _box8 + _draw(8, 3, scale=0.05), ["molecules", "minimum_image", "where", "piecewise"]),
    (polymer_energy, _zigzag + _draw(7, 3, scale=0.03), ["molecules", "einsum", "cross", "clip", "piecewise"]),
    (ewald_energy, _ions + _draw(6, 3, scale=0.02), ["molecules", "special", "complex_inside", "augmented", "piecewise"]),
    (stillinger_weber, _silicon + _draw(6, 3, scale=0.02), ["molecules", "where", "loop", "piecewise"]),
    (eam_energy, (_grid7 + _draw(7, 3, scale=0.02)).reshape(-1), ["molecules", "fancy", "loop"]),
    (gaussian_basis_kinetic, {"log_alpha": _draw(4, scale=0.4), "centre": _draw(4, 3, scale=0.8)}, ["molecules", "outer", "linalg"]),
    (logistic_posterior, _draw(4, scale=0.5), ["posterior"]),
    (gp_marginal_likelihood, np.array([-0.3, 0.1, -1.8]), ["posterior", "linalg", "unpack"]),
    (hmm_loglik, {"start": _draw(3), "trans": _draw(3, 3), "emit": _draw(3, 3)}, ["posterior", "special", "loop", "logsumexp"]),
    (stochastic_volatility, {"mu": np.array(-0.4), "phi_raw": np.array(1.4), "log_sigma": np.array(-1.2), "h": _draw(30, scale=0.3, shift=-0.4)},
     ["posterior", "generator_sum", "closure"]),
    (lotka_volterra, np.log(np.array([0.55, 0.028, 0.84, 0.026, 33.0, 5.9])), ["posterior", "ode", "loop", "unpack", "stack"]),
    (gaussian_mixture, {"logits": _draw(3, scale=0.3), "mean": np.array([-1.8, 0.9, 2.8]), "log_sd": _draw(3, scale=0.2)}, ["posterior", "special", "logsumexp"]),
    (negbin_hierarchy, {"b": _draw(5, scale=0.3, shift=1.2), "m": np.array(1.1), "log_s": np.array(-0.8), "log_r": np.array(1.0)},
     ["posterior", "special", "fancy"]),
    (rayleigh_quotient, _draw(16) + 1j * _draw(16), ["quantum", "complex_in"]),
    (slater_jastrow, np.array([-1.3, -0.35, 0.6, 1.7]), ["quantum", "linalg", "stack", "piecewise"]),
    (rbm_logpsi, {"a": _draw(6, 2, scale=0.2), "b": _draw(4, 2, scale=0.2), "W": _draw(4, 6, 2, scale=0.2)}, ["quantum", "complex_out"]),
    (circuit_energy, _draw(2, 3, 2), ["quantum", "complex_inside", "np_array", "tensordot"]),
    (peierls_free_energy, _draw(8, scale=0.1, shift=1.0), ["quantum", "linalg", "np_empty"]),
    (mlp_loss, _mlp0, ["network"]),
    (transformer_loss, _tf0, ["network", "special", "einsum", "augmented", "fancy"]),
    (conv_net, {"kernel": _draw(3, 5, scale=0.5), "bias": _draw(3, scale=0.3), "out": _draw(3)}, ["network", "special", "max", "piecewise"]),
    (graph_net, _gn0, ["network", "fancy"]),
    (rosenbrock, _draw(8, scale=0.5, shift=0.8), ["classic", "slices", "generator_sum"]),
    (ackley, _draw(6), ["classic"]),
    (rastrigin_with_walls, np.array([-1.6, -0.7, 0.21, 0.55, 1.4, 0.9]), ["classic", "clip", "select", "piecewise"]),
    (kl_to_gaussian, _draw(9, scale=0.4), ["statistics", "linalg", "np_empty"]),
    (mmd_rbf, _draw(9, 2, shift=0.4), ["statistics", "generator_sum"]),
    (cox_partial_likelihood, _draw(3, scale=0.5), ["statistics", "cumsum", "negative_step"]),
    (wasserstein_to_normal, np.array([0.31, -1.72, 2.4, -0.55, 0.9, 1.37, -0.12, -2.3, 0.62, 0.05, -0.9, 1.9, -1.25, 3.1]), ["statistics", "sort", "piecewise"]),
    (von_mises_loglik, np.array([0.3, 0.6]), ["statistics", "special"]),
    (burgers_residual, _draw(12, scale=0.5), ["field", "vector_out", "own_buffer", "augmented"]),
    (kdv_hamiltonian, _draw(16, scale=0.5), ["field", "fft", "complex_inside", "reduce"]),
    (travel_time, np.array([0.65, 1.2, 2.4, 3.1]), ["field", "interp", "np_concat_list", "piecewise"]),
    (transmission_profile, _draw(6, scale=0.2, shift=1.6), ["field", "vector_out", "cumprod", "prod", "np_empty"]),
]


# ----------------------------------------------------------------------------- to be refused while tracing

def branch_on_value(x):
    """Hard wall: infinite-like penalty when the first coordinate is positive."""
    if x[0] > 0:
        return np.sum(x ** 2) + 100.0
    return np.sum(x ** 2)


def float_of_traced(x):
    """Temperature taken out as a Python float."""
    T = float(x[0])
    return np.sum(x[1:] ** 2) / T


def noise_inside(x):
    """Denoising loss with fresh NumPy noise at each call: the trace would freeze one draw."""
    noisy = x + 0.1 * np.random.randn(*x.shape)
    return np.sum((noisy - x) ** 2) + np.sum(x ** 4)


def scatter_add_at(x):
    """Graph network sum over incoming edges by np.add.at into a concrete buffer; x (6, 2)."""
    total = np.zeros((6, 2))
    np.add.at(total, _dst, np.tanh(x[_src]))
    return np.sum(total ** 2)


_workspace = np.zeros(5)


def module_workspace(x):
    """Differences written into a work array that lives in the module."""
    _workspace[:4] = x[1:] - x[:-1]
    _workspace[4] = x[0] - x[-1]
    return np.sum(_workspace ** 2)


def newton_until_converged(x, tol=1e-10):
    """Kepler's equation E - e sin E = M solved until converged; x = (e, M)."""
    E = x[1]
    while abs(E - x[0] * np.sin(E) - x[1]) > tol:
        E = E - (E - x[0] * np.sin(E) - x[1]) / (1 - x[0] * np.cos(E))
    return E


def changes_its_argument(x):
    """Dirichlet ends written into the caller's own array."""
    x[0] = 0.0
    x[-1] = 0.0
    return 0.5 * np.sum(np.diff(x) ** 2)


def python_math(x):
    """Pendulum energy with math.sin and math.cos on elements."""
    return 0.5 * x[1] * x[1] + 1 - math.cos(x[0]) + 0.1 * math.sin(x[0])


EXPECT_ERROR = [
    (branch_on_value, np.array([0.5, -1.0, 2.0]), "`if` on a traced value; the alternative is np.where or cond"),
    (float_of_traced, np.array([1.5, -1.0, 2.0]), "float() of a traced value; the alternative is to keep it as an array scalar"),
    (noise_inside, _draw(4), "np.random inside a traced function; the alternative is a random key of the engine, or noise as an argument"),
    (scatter_add_at, _draw(6, 2), "np.add.at into a concrete buffer; the alternative is a segment sum or x.at[i].add"),
    (module_workspace, _draw(5), "traced values written into a concrete array of the module; the alternative is a fresh array or np.concatenate"),
    (newton_until_converged, np.array([0.3, 1.0]), "`while` on a traced value; the alternative is while_loop or a fixed number of steps"),
    (changes_its_argument, _draw(5), "in-place change of an argument; the alternative is x = x.copy() or x.at[i].set"),
    (python_math, np.array([0.4, 0.9]), "math.cos of a traced value; the alternative is np.cos"),
]
