"""What mix assets show in the UI: pictures and tables as metadata.

Belongs here: Markdown. Does not belong here: drawing (``assets.mixes.pictures``).
"""

import base64

import dagster as dg
import pandas as pd

from resources.warehouse import Warehouse

TRANSITIONS = """
SELECT t.transition AS "#", a.title AS "from", b.title AS "to", t.technique, t.bars,
    round(t.start_s::numeric, 1) AS "at s", round(t.bpm::numeric, 2) AS bpm, t.move AS "key",
    round(t.score::numeric) AS score, t.reason
FROM mixes.mix_plan_transitions AS t
JOIN library.tracks AS a ON a.track_id = t.from_track_id
JOIN library.tracks AS b ON b.track_id = t.to_track_id
WHERE t.request_id = %s ORDER BY t.transition
"""


def picture(png: bytes, words: str) -> dg.MarkdownMetadataValue:
    """A PNG that the UI shows in place."""
    return dg.MarkdownMetadataValue(f"![{words}](data:image/png;base64,{base64.b64encode(png).decode()})")


def transitions_table(warehouse: Warehouse, request_id: str) -> dg.MarkdownMetadataValue:
    """The planned transitions of a mix, one line each."""
    return markdown(warehouse.frame(TRANSITIONS, [request_id]))


def markdown(frame: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """A frame as a Markdown table."""
    cells = frame.astype(object).where(frame.notna(), "").astype(str).replace(r"[|\n]", " ", regex=True)
    lines = [[str(column) for column in frame.columns], ["---"] * frame.shape[1], *cells.to_numpy().tolist()]
    return dg.MarkdownMetadataValue("\n".join(f"| {' | '.join(line)} |" for line in lines))
