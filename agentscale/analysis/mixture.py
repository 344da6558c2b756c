"""Channel counts with a scale of their own: pairs from one channel against pairs from two, signal against noise.

Formulas and their sources: theory, section 2.5.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.spectrum import gram, unit_rows
from agentscale.errors import SpecError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
METHOD = "two-component mixture of pair cosines; 95 % interval of maximum likelihood with questions as clusters"
_BINS = 4096  # of the cosines: far finer than any spread that matters, and EM takes the same time for 10⁷ pairs
_COARSE = 256  # of the cosines, where it is seen which start leads to the best mixture
_STARTS = (0.05, 0.2, 0.5, 0.8)  # shares of same-channel pairs from which EM starts
_STEPS = 500
_STOP = 1e-10  # gain of mean log-likelihood at which EM has arrived
_NEAR = 1e-6  # and at which it is seen where it goes
_FEWEST = 20  # pairs below which two components are not looked for
_FLAT = 1e-9  # spread of cosines that is rounding
_SEPARATION = 2.0  # d' below which the two components cannot be told apart (theory, section 2.5)
_ENTRIES = 4_000_000


class ChannelMixture(NamedTuple):
    """Cosines of pairs as a mixture of same channel and different channel."""

    value: float
    """D_2 of the channels, 1/π_same ≥ 1; ``nan`` where the two cannot be told apart."""
    low: float
    """95 % interval of ``value`` over questions; ``nan`` with fewer than two of them."""
    high: float
    pi_same: float
    """Probability that two agents use one channel, in (0, 1)."""
    r_w: float
    """Mean cosine within a channel."""
    r_b: float
    """Mean cosine between channels, below ``r_w``."""
    separation: float
    """d' = (r_w − r_b) / sd."""
    n_pairs: int
    warnings: tuple[str, ...]


class Spiked(NamedTuple):
    """Directions of the configurations that stand out of the noise of their replicates."""

    value: Floats
    """Shape (…), a count between 0 and the configurations; ``nan`` without replicates or without rows."""
    edge: Floats
    """What an eigenvalue has to exceed, shape (…)."""
    noise: float
    """σ², variance of a replicate in one of the d directions: before whitening, the mean over directions."""
    whitened: bool
    """Whether the full covariance of the replicates was divided out, or σ² only."""
    warnings: tuple[str, ...]


class _Components(NamedTuple):
    """Two normal components with a common variance."""

    share: float
    upper: float
    lower: float
    variance: float
    fit: float


def channels_d2(z: ArrayLike) -> ChannelMixture:
    """D_2 of the channels behind the vectors: 1/π_same, from a mixture of two normals over all pairwise cosines.

    Pairs of agents within a question come from one channel (mean r_w, probability π_same = Σ_k π_k²) or from two (mean
    r_b); EM with a common variance from several starts, pairs pooled over questions (theory, section 2.5). Unlike K* it
    does not depend on how far channels lie apart, as long as they can be told: below d' = 2 the value is ``nan``. At d'
    near 3 it reads some 5 to 10 % low, and its interval does not allow for that. It takes for granted that there are
    two kinds of pairs: a strongly skewed or heavy-tailed single kind can pass for two, so look at ``r_w``, ``r_b`` and
    their histogram.

    The interval is Student's on the log-odds of π_same. Its standard error is that of maximum likelihood whose pairs
    are dependent within questions: the scores of each question's pairs, through the inverse of the information.

    Args:
        z: Vectors, shape (…, n, d), the leading axes for the questions. Zero and non-finite rows are missing.

    Returns:
        Channels, ≥ 1; ``nan`` with a warning where there are fewer than 20 pairs or the two kinds cannot be told.

    Raises:
        SpecError: ``z`` has fewer than two axes.
    """
    by_question = list(_pair_cosines(z))
    cosines = np.concatenate([part for part, _ in by_question])
    if len(cosines) < _FEWEST:
        return _untold(len(cosines), f"{len(cosines)} pairs: fewer than {_FEWEST} are no mixture")
    if np.ptp(cosines) < _FLAT:
        return _untold(len(cosines), "all cosines are equal: one kind of pairs cannot be told from two")
    found = _fit(cosines)
    separation = (found.upper - found.lower) / math.sqrt(found.variance)
    told = separation >= _SEPARATION
    text = f"same and different channels are {separation:.2g} standard deviations apart, below {_SEPARATION:g}"
    if not told:
        nan, warnings = math.nan, (text + ": no channel count",)
        return ChannelMixture(nan, nan, nan, found.share, found.upper, found.lower, separation, len(cosines), warnings)
    low, high = _ends(found, cosines, np.concatenate([counts for _, counts in by_question]))
    value = 1.0 / found.share
    return ChannelMixture(value, low, high, found.share, found.upper, found.lower, separation, len(cosines), ())


def spiked_count(z: ArrayLike, config: Sequence[Hashable]) -> Spiked:
    """How many directions of the configurations' means stand out of the noise of their replicates.

    The means m_b over R_b replicates, times √R_b, are whitened by the covariance of the replicates around their means,
    pooled over all sets. Eigenvalues of their uncentred Gram matrix over d count where they exceed the edge of pure
    noise, (1 + √(B/d))² σ². Being uncentred, it counts the direction that all share, as K* does. With fewer than 2 d
    replicates beyond the first of each configuration the covariance cannot be inverted well: then σ² alone is divided
    out and noise counts as isotropic, which reads high where it is not. Where it is inverted, its error is allowed for
    by its mean, and in the edge by d (1 − d/ν) in place of d with ν those replicates. Pure noise exceeds the edge in
    roughly one set of ten.

    Args:
        z: Vectors, shape (…, n, d); missing rows (zero, not finite) are left out of their configuration.
        config: The configuration of each row, length n; rows of one configuration are its replicates.

    Raises:
        SpecError: ``config`` has another length.
    """
    vectors, names = np.asarray(z), tuple(dict.fromkeys(config))
    if vectors.ndim < 2 or vectors.shape[-2] != len(config):
        raise SpecError(f"{len(config)} configurations for vectors of shape {vectors.shape}", allowed="one a row")
    lead, d = vectors.shape[:-2], vectors.shape[-1]
    unit, present = unit_rows(vectors.astype(np.float64).reshape(math.prod(lead), *vectors.shape[-2:]))
    member = np.zeros((len(config), len(names)))
    member[np.arange(len(config)), [names.index(one) for one in config]] = 1.0
    count = present @ member
    means = member.T @ unit / np.maximum(count, 1)[..., None]
    residuals = (unit - member @ means)[present]
    beyond = int(np.maximum(count - 1, 0).sum())
    if not beyond:
        undefined = np.full(lead, np.nan)
        return Spiked(undefined, undefined, math.nan, False, ("no configuration has two replicates: no noise",))
    whitener, noise, effective = _whitener(residuals, beyond)
    rows = means * np.sqrt(count)[..., None] if whitener is None else means * np.sqrt(count)[..., None] @ whitener
    values = np.linalg.eigvalsh(rows @ np.swapaxes(rows, -1, -2) / d)
    seated = (count > 0).sum(axis=-1)
    edge = (1.0 + np.sqrt(seated / effective)) ** 2 * (noise if whitener is None else 1.0)
    floor = max(d, len(config)) * np.finfo(np.float64).eps * values.max(axis=-1, initial=0.0)
    found = (values > np.maximum(edge, floor)[:, None]).sum(axis=-1)
    value = np.where(seated > 0, found, np.nan).reshape(lead)
    return Spiked(value, edge.reshape(lead), noise, whitener is not None, _doubts(whitener, noise, beyond, d))


def _pair_cosines(z: ArrayLike) -> Iterator[tuple[Floats, Ints]]:
    """Cosines of the pairs of present rows set by set, and how many each set has; some sets at a time."""
    vectors = np.asarray(z)
    if vectors.ndim < 2:
        raise SpecError(f"vectors of shape {vectors.shape}", allowed="shape (…, n, d): n rows of d numbers")
    n, d = vectors.shape[-2:]
    flat = vectors.reshape(math.prod(vectors.shape[:-2]), n, d)
    above = np.triu(np.ones((n, n), dtype=np.bool_), 1)
    step = max(1, _ENTRIES // max(1, n * max(n, d)))
    for at in range(0, max(1, len(flat)), step):
        cosines, present, _ = gram(flat[at : at + step])
        pairs = present[:, :, None] & present[:, None, :] & above
        yield cosines[pairs], pairs.sum(axis=(-2, -1))


def _untold(n_pairs: int, why: str) -> ChannelMixture:
    nan = math.nan
    return ChannelMixture(nan, nan, nan, nan, nan, nan, nan, n_pairs, (f"{why}: no channel count",))


def _ends(found: _Components, cosines: Floats, counts: Ints) -> tuple[float, float]:
    """Ends of the interval of 1/π_same over questions with so many pairs each, in the order of the cosines."""
    from scipy.special import expit, logit, stdtrit

    counts = counts[counts > 0]
    n = len(counts)
    if n < 2:
        return math.nan, math.nan
    of_share = np.linalg.pinv(_information(*_binned(cosines)[:2], found), rcond=1e-9, hermitian=True)[0]
    moved = np.add.reduceat(_scores(cosines, found) @ of_share, np.append(0, np.cumsum(counts)[:-1]))
    error = math.sqrt(n / (n - 1) * float(moved @ moved)) / len(cosines)
    reach, middle = float(stdtrit(n - 1, 0.975)) * error, float(logit(found.share))
    return 1.0 / float(expit(middle + reach)), 1.0 / float(expit(middle - reach))


def _standing(x: Floats, of: _Components) -> tuple[Floats, Floats, Floats]:
    """Probability of the upper component, and the distance from both in standard deviations."""
    sd = math.sqrt(of.variance)
    return _expect(x, np.ones(len(x)), of)[0], (x - of.upper) / sd, (x - of.lower) / sd


def _scores(x: Floats, of: _Components) -> Floats:
    """Slopes of each log-likelihood in the log-odds of the share, both means in sd, and ln sd, shape (pairs, 4)."""
    r, high, low = _standing(x, of)
    return np.stack([r - of.share, r * high, (1 - r) * low, r * high**2 + (1 - r) * low**2 - 1], axis=1)


def _information(x: Floats, weight: Floats, of: _Components) -> Floats:
    """Mean information of a pair about those four: what it had if the component were known, less what hides it."""
    r, high, low = _standing(x, of)
    apart = np.stack([np.ones(len(x)), high, -low, high**2 - low**2], axis=1)
    known = np.zeros((4, 4))
    known[0, 0] = of.share * (1 - of.share)
    known[1, 1], known[2, 2] = weight @ r, weight @ (1 - r)
    known[1, 3] = known[3, 1] = 2 * float(weight @ (r * high))
    known[2, 3] = known[3, 2] = 2 * float(weight @ ((1 - r) * low))
    known[3, 3] = 2 * float(weight @ (r * high**2 + (1 - r) * low**2))
    return known - apart.T @ (apart * (weight * r * (1 - r))[:, None])


def _binned(cosines: Floats, bins: int = _BINS) -> tuple[Floats, Floats, float]:
    """Centres of the filled bins, their shares, and the least variance that bins can show."""
    heights, edges = np.histogram(cosines, bins)
    filled = heights > 0
    width = float(edges[1] - edges[0])
    return ((edges[1:] + edges[:-1]) / 2)[filled], heights[filled] / len(cosines), width**2 / 12


def _fit(cosines: Floats) -> _Components:
    """The most likely of the mixtures that EM reaches: from several starts on coarse bins, and on from the best."""
    coarse = _best(*_binned(cosines, _COARSE))
    x, weight, floor = _binned(cosines)
    upper, _ = _expect(x, weight, coarse._replace(variance=max(coarse.variance, floor)))
    return _climb(x, weight, upper, floor)


def _best(x: Floats, weight: Floats, floor: float) -> _Components:
    starts = [np.searchsorted(np.cumsum(weight), 1.0 - share) for share in _STARTS]
    upper = [np.where(np.arange(len(x)) >= min(int(start), len(x) - 1), 0.95, 0.05) for start in starts]
    return max((_climb(x, weight, start, floor, _NEAR) for start in upper), key=lambda found: found.fit)


def _climb(x: Floats, weight: Floats, upper: Floats, floor: float, stop: float = _STOP) -> _Components:
    """EM from the probabilities ``upper`` that a pair is of the upper component."""
    fit, found = -math.inf, _maximise(x, weight, upper, floor)
    for _ in range(_STEPS):
        upper, now = _expect(x, weight, found)
        found = _maximise(x, weight, upper, floor)
        if now - fit < stop:
            break
        fit = now
    if found.upper < found.lower:
        found = _Components(1.0 - found.share, found.lower, found.upper, found.variance, fit)
    return found._replace(fit=now)


def _maximise(x: Floats, weight: Floats, upper: Floats, floor: float) -> _Components:
    mass = weight * upper
    share = min(max(float(mass.sum()), 1e-12), 1.0 - 1e-12)
    high, low = float(mass @ x) / share, float((weight - mass) @ x) / (1.0 - share)
    variance = float(mass @ (x - high) ** 2 + (weight - mass) @ (x - low) ** 2)
    return _Components(share, high, low, max(variance, floor), -math.inf)


def _expect(x: Floats, weight: Floats, of: _Components) -> tuple[Floats, float]:
    """Probability of the upper component at each x, and the mean log-likelihood."""
    high = math.log(of.share) - (x - of.upper) ** 2 / (2 * of.variance)
    low = math.log1p(-of.share) - (x - of.lower) ** 2 / (2 * of.variance)
    both = np.logaddexp(high, low)
    return np.exp(high - both), float(weight @ both) - math.log(2 * math.pi * of.variance) / 2


def _whitener(residuals: Floats, beyond: int) -> tuple[Floats | None, float, float]:
    """S^(−1/2) or ``None``, the mean variance σ², and how many directions of noise the edge may count on."""
    d = residuals.shape[-1]
    noise = float(np.square(residuals).sum()) / (beyond * d)
    if beyond < 2 * d:
        return None, noise, d
    values, vectors = np.linalg.eigh(residuals.T @ residuals / beyond)
    if values[0] <= d * np.finfo(np.float64).eps * values[-1]:
        return None, noise, d
    unbiased = math.sqrt((beyond - d - 1) / beyond)
    return vectors / np.sqrt(values) * unbiased, noise, d * (1.0 - d / beyond)


def _doubts(whitener: Floats | None, noise: float, beyond: int, d: int) -> tuple[str, ...]:
    if noise <= np.finfo(np.float64).eps ** 2:
        return ("replicates are identical: every distinct direction counts",)
    text = f"{beyond} replicates beyond the first cannot whiten {d} dimensions: noise counts as isotropic"
    return () if whitener is not None else (text,)
