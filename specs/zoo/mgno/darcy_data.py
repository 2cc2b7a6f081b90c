"""Darcy flow in the unit square: -div(a grad u) = 1, u = 0 at the edges.

The coefficient a is 12 where a smoothed Gaussian random field is positive, 3 elsewhere. The
field is a sum of cosines, N(0, (-Laplace + 9)^-2) with Neumann edges and without its mean, so
that one field has values on every grid. Part of train.py; needs numpy and scipy.
"""

import numpy as np
from scipy.linalg import solveh_banded

MODES = 32  # cosines along each axis: as many as the coarsest grid can tell apart


def coefficients(random, count, size):
    """`count` fields [count, size, size] of 3 and 12, at the middles of the cells."""
    k = np.arange(MODES)
    deviation = 1 / (np.pi**2 * (k[:, None] ** 2 + k[None] ** 2) + 9)
    deviation[0, 0] = 0
    waves = np.cos(np.pi * np.outer((np.arange(size) + 0.5) / size, k))
    noise = random.standard_normal((count, MODES, MODES)) * deviation
    return np.where(waves @ noise @ waves.T > 0, 12.0, 3.0)


def solve(a):
    """The solution of one field by finite volumes: a flow through a face between two cells of
    harmonic mean, through the square's edge half a cell away; banded Cholesky."""
    n = len(a)
    down = np.zeros((n, n))  # of the faces to the next row, column
    right = np.zeros((n, n))
    down[:-1] = 2 * a[:-1] * a[1:] / (a[:-1] + a[1:])
    right[:, :-1] = 2 * a[:, :-1] * a[:, 1:] / (a[:, :-1] + a[:, 1:])
    middle = down + right
    middle[1:] += down[:-1]
    middle[:, 1:] += right[:, :-1]
    middle[[0, -1]] += 2 * a[[0, -1]]
    middle[:, [0, -1]] += 2 * a[:, [0, -1]]
    matrix = np.zeros((n + 1, n * n))
    matrix[0], matrix[1], matrix[n] = middle.ravel(), -right.ravel(), -down.ravel()
    flow = np.full(n * n, 1 / n**2)
    return solveh_banded(matrix, flow, overwrite_ab=True, lower=True).reshape(n, n)


def fields(seed, count, size):
    """(coefficients, solutions) [count, 1, size, size], float32; the same fields, sampled
    anew, for the same seed at every size."""
    a = coefficients(np.random.RandomState(seed), count, size)
    u = np.stack([solve(field) for field in a])
    return a[:, None].astype(np.float32), u[:, None].astype(np.float32)
