"""The waveform overview of a track: lowest and highest sample per column.

Belongs here: reducing samples to columns. Does not belong here: drawing them (``assets.library.track_picture``).
"""

import numpy as np
from numpy.typing import NDArray

COLUMNS = 2000


def waveform_overview(mono: NDArray[np.float32], columns: int = COLUMNS) -> NDArray[np.float32]:
    """Minimum and maximum sample of equal parts of a track.

    Args:
        mono: shape (n,), n >= 1.
        columns: number of parts wanted; fewer where the track has fewer samples.

    Returns:
        Shape (columns, 2): minimum, maximum.
    """
    columns = min(columns, len(mono))
    starts = np.arange(columns) * len(mono) // columns
    return np.stack([np.minimum.reduceat(mono, starts), np.maximum.reduceat(mono, starts)], axis=1)
