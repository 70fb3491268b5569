"""ListenBrainz sitewide statistics (``/1/stats/sitewide/recordings``, JSON) as chart entries.

The list is in order of listens and has no rank field. While statistics are being computed the server answers 204
without a body. Recordings that are not yet linked to MusicBrainz have no identifier.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime

from assets.industry.chart_entry import ChartEntry, ChartFault, ParsedChart
from assets.industry.parsers.json_fields import as_count, as_mapping, as_sequence, as_text, excerpt
from assets.industry.parsers.payload_error import PayloadError


def parse_listenbrainz_sitewide(body: bytes) -> ParsedChart:
    """Parse one payload; ``chart_date`` is the UTC day on which its period ends.

    Raises:
        PayloadError: the body is no statistics of recordings.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PayloadError(f"The payload is not JSON ({error}), so it holds no ListenBrainz statistics.") from None
    payload = as_mapping(as_mapping(document).get("payload"))
    recordings = as_sequence(payload.get("recordings"))
    if recordings is None:
        raise PayloadError("The JSON has no payload.recordings list, so it holds no ListenBrainz chart.")
    entries: list[ChartEntry] = []
    faults: list[ChartFault] = []
    for position, recording in enumerate(recordings, start=(as_count(payload.get("offset")) or 0) + 1):
        entry = _entry(position, as_mapping(recording))
        if entry is None:
            reason = "The recording has no name or no artist."
            faults.append(ChartFault(f"recording {position}", reason, excerpt(recording)))
        else:
            entries.append(entry)
    return ParsedChart(_day(payload.get("to_ts")), tuple(entries), tuple(faults))


def _day(seconds: object) -> date | None:
    try:
        return datetime.fromtimestamp(as_count(seconds) or 0, UTC).date() if as_count(seconds) else None
    except (OverflowError, OSError, ValueError):
        return None


def _entry(position: int, recording: Mapping[str, object]) -> ChartEntry | None:
    title, artist = as_text(recording.get("track_name")), as_text(recording.get("artist_name"))
    if title is None or artist is None:
        return None
    identifier = as_text(recording.get("recording_mbid"))
    artists = [known for one in as_sequence(recording.get("artist_mbids")) or () if (known := as_text(one))]
    ids = {
        "mb_recording": identifier,
        "mb_release": as_text(recording.get("release_mbid")),
        "mb_artist": artists[0] if artists else None,
    }
    return ChartEntry(
        position=position,
        title=title,
        artist=artist,
        external_ids={name: value for name, value in ids.items() if value},
        url=f"https://musicbrainz.org/recording/{identifier}" if identifier else None,
        streams=as_count(recording.get("listen_count")),
    )
