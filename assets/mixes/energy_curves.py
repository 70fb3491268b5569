"""Target energy over a set.

Belongs here: the curves, plateaus and contexts as functions of the position in the set. Does not belong
here: their
picture (``assets.mixes.pictures``) or the choice of tracks (``assets.mixes.planner``).

Formulas and factors are those of the specification of the platform (mixes). Position ``r`` runs 0-1, energy
0.1-1.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assets.mixes.mix_plan import ContextName, CurveName, Plateau

Energies = NDArray[np.float64]
LOWEST, HIGHEST = 0.1, 1.0
CLIMAX = 0.85
"""Position of the climax of the late peak."""
_LATE_PEAK_BASE, _LATE_PEAK_END = 0.3, 0.75


def _bell(r: Energies, centre: float, width: float) -> Energies:
    return np.exp(-0.5 * ((r - centre) / width) ** 2)


def _late_peak(r: Energies) -> Energies:
    rising = _LATE_PEAK_BASE + (1 - _LATE_PEAK_BASE) * (r / CLIMAX) ** 2.5
    easing = 1 - (1 - _LATE_PEAK_END) * (r - CLIMAX) / (1 - CLIMAX)
    return np.where(r <= CLIMAX, rising, easing)


CURVES: dict[CurveName, Callable[[Energies], Energies]] = {
    "build": lambda r: 0.3 + 0.6 * r,
    "decline": lambda r: 0.9 - 0.6 * r,
    "wave": lambda r: 0.4 + 0.5 * np.sin(np.pi * r),
    "steady": lambda r: np.full_like(r, 0.6),
    "double-peak": lambda r: 0.3 + 0.4 * _bell(r, 0.25, 0.10) + 0.6 * _bell(r, 0.75, 0.10),
    "late-peak": _late_peak,
    "rollercoaster": lambda r: 0.5 + (0.2 + 0.2 * r) * np.sin(3 * np.pi * r),
    "plateau-peak": lambda r: np.interp(r, [0.3, 0.4, 0.8, 1.0], [0.5, 0.9, 0.9, 0.6]),
}

CONTEXTS: dict[ContextName, tuple[float, float]] = {
    "opening": (0.8, 0.0),
    "prime": (1.2, 0.4),
    "closing": (0.9, 0.7),
    "intimate": (0.85, 0.0),
    "energetic": (1.15, 0.0),
    "ambient": (0.7, 0.0),
    "downtempo": (0.7, 0.0),
    "techno": (1.1, 0.0),
}
"""Factor on the curve and the position after which it holds (0: everywhere)."""


def target_energy(
    curve: CurveName,
    positions: ArrayLike,
    *,
    context: ContextName | None = None,
    plateaus: Sequence[Plateau] = (),
) -> Energies:
    """Energy asked for at each position.

    Args:
        curve: name of the curve.
        positions: any shape, 0-1.
        context: scales the curve.
        plateaus: replace the scaled curve where they lie; the later one wins where two overlap.

    Returns:
        Same shape, 0.1-1.

    Raises:
        ValueError: an unknown curve or context, a position or plateau outside 0-1.
    """
    r = np.asarray(positions, np.float64)
    if curve not in CURVES:
        raise ValueError(f"{curve!r} is no energy curve; choose one of {', '.join(CURVES)}")
    if r.size and (r.min() < 0 or r.max() > 1):
        raise ValueError("positions in a set lie in 0-1")
    energies = np.array(CURVES[curve](r))
    if context is not None:
        if context not in CONTEXTS:
            raise ValueError(f"{context!r} is no context; choose one of {', '.join(CONTEXTS)}")
        factor, after = CONTEXTS[context]
        energies = np.where((r > after) | (after == 0), factor * energies, energies)
    for plateau in plateaus:
        if not 0 <= plateau.start < plateau.end <= 1:
            raise ValueError(f"plateau {plateau.start}-{plateau.end} must rise within 0-1")
        energies = np.where((r >= plateau.start) & (r <= plateau.end), plateau.energy, energies)
    return np.clip(energies, LOWEST, HIGHEST)
