"""How many directions of a matrix stick out of chance: second opinions on the number of topics."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from indexing.topics.nmf import Matrix, squared_norm
from indexing.topics.sketch import singular_values

_CHANCE_SIZE = 12
"""Directions of a dealt matrix that are looked for; the second is what counts."""
_SHADOW = 1.5
"""How far above its own chance a direction must be that strong ones hide: their own noise is not even."""


@dataclass(frozen=True, slots=True)
class Spectrum:
    """The singular values of a matrix beside those of the same matrix without any structure.

    values: the largest ones, descending. edge: what chance reaches. above: how many are higher, at least 1
    (topics beyond that number cannot be told from chance); `above` may be cut at len(values). stable_rank:
    ||Y||²_F / ||Y||²_2. energy_rank: how many carry nine tenths of the squares above the edge.
    """

    values: tuple[float, ...]
    edge: float
    above: int
    stable_rank: float
    energy_rank: int

    @property
    def ends(self) -> bool:
        """Whether the directions above chance end within those that were looked at."""
        return self.above < len(self.values)

    def over_edge(self, k: int) -> float:
        """The k-th singular value in units of the edge; 0 beyond those that were looked at."""
        return self.values[k - 1] / self.edge if k <= len(self.values) and self.edge > 0 else 0.0

    def energy(self, k: int) -> float:
        """The share, 0..1, of the squares above the edge that the first k directions carry."""
        over = self._over()
        return float(over[:k].sum() / over.sum()) if over.sum() > 0 else 1.0

    def _over(self) -> NDArray[np.float64]:
        return np.maximum(np.square(self.values) - self.edge**2, 0.0)


def spectrum(y: Matrix, values: NDArray[np.float64], total: float, margin: float, seed: int) -> Spectrum:
    """Compare the singular `values` of `y` (n, m) CSR to chance; total: ||y||², margin: by how much to exceed it.

    Chance is the second singular value of the same matrix with its terms dealt to documents at random: the
    first is what all documents share. Source: Buja and Eyuboglu (1992), parallel analysis. What strong topics
    hold is dealt along with the rest and would hide weaker ones: what is left beyond them is also compared to
    chance at its own scale, with a wider margin (Dobriban and Owen, 2019, deflation).
    """
    chance = chance_of(y, seed)
    edge = chance.edge * margin
    left = total - np.cumsum(np.square(values))
    # The first direction is the mean of all documents; it is there whatever the number of topics.
    above = 1
    while above < values.size:
        own = chance.edge * np.sqrt(max(left[above - 1], 0.0) / max(chance.energy, 1e-30))
        if values[above] <= min(edge, _SHADOW * own):
            break
        above += 1
    found = Spectrum(tuple(float(value) for value in values), edge, above, 0.0, 1)
    stable = total / float(values[0]) ** 2 if values.size and values[0] > 0 else 0.0
    energy = next((k for k in range(1, values.size + 1) if found.energy(k) >= 0.9), 1)
    return replace(found, stable_rank=stable, energy_rank=energy)


@dataclass(frozen=True, slots=True)
class Chance:
    """What a matrix without structure reaches: edge, its second singular value; energy: ||.||² beyond the first."""

    edge: float
    energy: float


def chance_of(y: Matrix, seed: int) -> Chance:
    """Chance in `y` dealt at random; the largest edge of several deals, where `y` is small."""
    draws = int(np.clip(400_000 // max(y.nnz, 1), 1, 8))
    found = [Chance(0.0, 0.0)]
    for draw in range(draws):
        mixed = dealt(y, seed + draw)
        values = singular_values(mixed, _CHANCE_SIZE, seed)
        if values.size > 1:
            found.append(Chance(float(values[1]), max(squared_norm(mixed) - float(values[0]) ** 2, 0.0)))
    return max(found, key=lambda chance: chance.edge)


def dealt(x: Matrix, seed: int) -> Matrix:
    """The same terms dealt to documents at random, which leaves no co-occurrence and with it no topic.

    Rows are put in a random order and each column is turned by a random number of rows. Row i is scaled back
    to the length that row i of `x` has; x: (n, m) CSR.
    """
    n, m = x.shape
    rng = np.random.default_rng(seed)
    order, turns = rng.permutation(n), rng.integers(n, size=m)
    rows = np.repeat(order, np.diff(x.indptr))
    mixed = sparse.csr_matrix((x.data, ((rows + turns[x.indices]) % n, x.indices)), shape=x.shape)
    lengths, wanted = _row_lengths(mixed), _row_lengths(x)
    scale = np.divide(wanted, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    result = sparse.csr_matrix(sparse.diags(scale) @ mixed, dtype=np.float32)
    result.sort_indices()
    return result


def _row_lengths(x: Matrix) -> NDArray[np.float64]:
    return np.sqrt(np.asarray(x.multiply(x).sum(axis=1), dtype=np.float64)).ravel()
