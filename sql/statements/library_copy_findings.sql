COPY scan_findings (
    uri, bytes, modified_at, refused_reason, track_id, media_type, audio_bytes, claimed_seconds, title, artist, album,
    genre, release_year, tag_bpm, tag_camelot, tag_energy, tags
) FROM STDIN
