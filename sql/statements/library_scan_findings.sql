-- What a scan read of one stretch of files; copied here, then registered by transforms/library_register_findings.sql.
CREATE TEMP TABLE scan_findings (
    uri text PRIMARY KEY,
    bytes bigint NOT NULL,
    modified_at timestamptz,
    refused_reason text,
    track_id text,
    media_type text,
    audio_bytes bigint,
    claimed_seconds double precision,
    title text,
    artist text,
    album text,
    genre text,
    release_year smallint,
    tag_bpm double precision,
    tag_camelot text,
    tag_energy smallint,
    tags jsonb
) ON COMMIT DROP
