"""The arrays of an analysis as one Parquet file.

Belongs here: the file's form, written and read. Does not belong here: where the file lies, the scalars of an analysis.

One row per array: ``name`` and ``values`` (list of float64).
"""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.library.track_analysis import TrackAnalysis


@dataclass(frozen=True, eq=False)
class AnalysisArrays:
    """The arrays of one analysis.

    Attributes:
        beats: shape (n,), seconds.
        energy_curve: shape (m,), 0-1 in consecutive windows of 2 s.
        overview: shape (k, 2), lowest and highest sample per column of the waveform picture.
    """

    beats: NDArray[np.float64]
    energy_curve: NDArray[np.float32]
    overview: NDArray[np.float32]


def arrays_to_parquet(analysis: TrackAnalysis) -> bytes:
    """Write the arrays of an analysis; the same analysis gives the same bytes."""
    import pyarrow
    from pyarrow import parquet

    arrays = {
        "beats": analysis.grid.beats,
        "energy_curve": analysis.energy.curve,
        "overview_min": analysis.overview[:, 0],
        "overview_max": analysis.overview[:, 1],
    }
    values = [np.asarray(array, dtype=np.float64) for array in arrays.values()]
    table = pyarrow.table({"name": list(arrays), "values": pyarrow.array(values, pyarrow.list_(pyarrow.float64()))})
    sink = io.BytesIO()
    parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def arrays_from_parquet(data: bytes) -> AnalysisArrays:
    """Read what :func:`arrays_to_parquet` wrote.

    Raises:
        KeyError: an array is missing.
    """
    from pyarrow import parquet

    table = parquet.read_table(io.BytesIO(data))
    arrays = dict(zip(table["name"].to_pylist(), table["values"].to_pylist(), strict=True))
    return AnalysisArrays(
        beats=np.asarray(arrays["beats"], dtype=np.float64),
        energy_curve=np.asarray(arrays["energy_curve"], dtype=np.float32),
        overview=np.stack([arrays["overview_min"], arrays["overview_max"]], axis=1).astype(np.float32),
    )
