"""A homography made exact: robust Gauss-Newton in which each point counts as far as it can be placed."""

from __future__ import annotations

import numpy as np

from coachdesk.media.tracking.geometry import Floats, Homography

SCALE = 0.01
"""Pixels to the units of the equations, for their conditioning."""
OUTLIER = 6.0
"""A residual so many times the Huber limit counts nothing."""
HOPELESS, UNKNOWN_SPREAD = 99.0, 9.0
DAMPING = 1e-6 * np.array([1.0, 1, 1, 1, 1, 1, 3, 3])


def whitening(information: Floats, angle: float) -> Floats:
    """N x 3 Cholesky factors (l11, l21, l22) of N information matrices turned by ``angle`` into the newest picture."""
    c, s = np.cos(angle), np.sin(angle)
    a, b, d = information.T
    xx = c * c * a - 2 * c * s * b + s * s * d
    xy = c * s * (a - d) + (c * c - s * s) * b
    yy = s * s * a + 2 * c * s * b + c * c * d
    first = np.sqrt(np.maximum(xx, 1e-6))
    second = xy / first
    return np.stack([first, second, np.sqrt(np.maximum(yy - second * second, 1e-6))], 1)


def residuals(h: Homography, source: Floats, target: Floats, factors: Floats) -> Floats:
    """N whitened distances, pixels, between ``source`` through ``h`` and ``target``."""
    mapped = source @ h[:, :2].T + h[:, 2]
    e = mapped[:, :2] / mapped[:, 2:] - target
    return np.hypot(factors[:, 0] * e[:, 0] + factors[:, 1] * e[:, 1], factors[:, 2] * e[:, 1])


def refine(
    h: Homography,
    source: Floats,
    target: Floats,
    factors: Floats,
    weights: Floats,
    *,
    centre: Floats,
    huber: float,
    corners: Floats,
    prior: Floats | None = None,
    iterations: int = 2,
) -> tuple[Homography, float]:
    """``h`` fitted to N matches, and how far the worst of ``corners`` would be off per pixel of noise in the matches.

    ``centre``: the point around which it shall be exact. ``prior``: 8 weights by which the entries of ``h``, around
    ``centre`` and in units of 100 pixels, are held where they are: for matches that do not determine them all.
    `HOPELESS` if the matches do not determine it.
    """
    middle = target.mean(0)
    into, onto = _centring(centre), _centring(middle)
    g = onto @ h @ np.linalg.inv(into)
    g = g / g[2, 2]
    start, held = g.ravel()[:8], np.zeros(8) if prior is None else prior
    x, y = ((source - centre) * SCALE).T
    goal = (target - middle) * SCALE
    normal = np.eye(8)
    for _ in range(iterations):
        rows, error = _equations(g, x, y, goal, factors)
        size = np.hypot(error[: len(x)], error[len(x) :]) / SCALE
        weight = weights * np.minimum(1, huber / np.maximum(size, 1e-6)) * (size < OUTLIER * huber)
        weighted = rows.T * np.concatenate([weight, weight])
        normal = weighted @ rows
        normal[np.arange(8), np.arange(8)] += np.trace(normal) / 8 * DAMPING + held
        try:
            step = np.linalg.solve(normal, weighted @ error + held * (start - g.ravel()[:8]))
        except np.linalg.LinAlgError:
            return h, HOPELESS
        g = g + np.append(step, 0.0).reshape(3, 3)
    return np.linalg.inv(onto) @ g @ into, _spread(g, normal, (corners - centre) * SCALE)


def _centring(point: Floats) -> Homography:
    return np.array([[SCALE, 0, -SCALE * point[0]], [0, SCALE, -SCALE * point[1]], [0, 0, 1]])


def _equations(g: Homography, x: Floats, y: Floats, goal: Floats, factors: Floats) -> tuple[Floats, Floats]:
    """The whitened Jacobian (2N x 8) of the mapped points by the entries of ``g``, and the whitened errors (2N)."""
    count = len(x)
    depth = 1 / (g[2, 0] * x + g[2, 1] * y + 1)
    px = (g[0, 0] * x + g[0, 1] * y + g[0, 2]) * depth
    py = (g[1, 0] * x + g[1, 1] * y + g[1, 2]) * depth
    l1, l2, l3 = factors.T
    basis = np.stack([x * depth, y * depth, depth], 1)
    rows = np.zeros((2 * count, 8))
    rows[:count, :3], rows[:count, 3:6] = l1[:, None] * basis, l2[:, None] * basis
    rows[:count, 6:] = -(l1 * px + l2 * py)[:, None] * basis[:, :2]
    rows[count:, 3:6] = l3[:, None] * basis
    rows[count:, 6:] = -(l3 * py)[:, None] * basis[:, :2]
    ex, ey = goal[:, 0] - px, goal[:, 1] - py
    return rows, np.concatenate([l1 * ex + l2 * ey, l3 * ey])


def _spread(g: Homography, normal: Floats, corners: Floats) -> float:
    """The largest predicted standard deviation of the mapped ``corners``, pixels per pixel of noise."""
    if not len(corners):
        return UNKNOWN_SPREAD
    x, y = corners.T
    round_ = np.tile([1.0, 0.0, 1.0], (len(x), 1))
    rows, _ = _equations(g, x, y, corners, round_)
    try:
        covariance = np.linalg.inv(normal)
    except np.linalg.LinAlgError:
        return HOPELESS
    variance = np.einsum("ij,jk,ik->i", rows, covariance, rows)
    return float(np.sqrt(np.abs(variance[: len(x)] + variance[len(x) :]).max()))
