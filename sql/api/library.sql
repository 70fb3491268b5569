-- Questions about the library: tracks by what was measured, one track whole.

CREATE OR REPLACE FUNCTION api.tracks(
    bpm_min double precision DEFAULT NULL,
    bpm_max double precision DEFAULT NULL,
    camelot text DEFAULT NULL,
    energy_min double precision DEFAULT NULL,
    energy_max double precision DEFAULT NULL,
    genre text DEFAULT NULL,
    duration_min double precision DEFAULT NULL,
    duration_max double precision DEFAULT NULL,
    order_by text DEFAULT 'bpm',
    after text DEFAULT NULL,
    "limit" integer DEFAULT 50
) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    codes constant text[] := string_to_array(replace(tracks.camelot, ' ', ''), ',');
    conditions text := '';
    sort_column text;
    page jsonb;
    last_row jsonb;
BEGIN
    PERFORM api._between('tracks', 'limit', tracks."limit", 1, api._limit('rows'));
    PERFORM api._one_of('tracks', 'order_by', tracks.order_by, ARRAY['bpm', 'energy', 'duration']);
    sort_column := CASE tracks.order_by WHEN 'duration' THEN 'duration_s' ELSE tracks.order_by END;
    IF tracks.bpm_min IS NOT NULL THEN
        PERFORM api._between('tracks', 'bpm_min', tracks.bpm_min::numeric, 0, 1000);
        conditions := conditions || ' AND a.bpm >= $1';
    END IF;
    IF tracks.bpm_max IS NOT NULL THEN
        PERFORM api._between('tracks', 'bpm_max', tracks.bpm_max::numeric, coalesce(tracks.bpm_min, 0)::numeric, 1000);
        conditions := conditions || ' AND a.bpm <= $2';
    END IF;
    IF tracks.camelot IS NOT NULL THEN
        IF cardinality(codes) = 0
            OR EXISTS (SELECT FROM unnest(codes) AS code WHERE code !~ '^([1-9]|1[0-2])[AB]$') THEN
            PERFORM api._parameter('tracks', 'camelot', 'must be Camelot codes 1A-12B, e.g. `8A,9A`', tracks.camelot);
        END IF;
        conditions := conditions || ' AND a.camelot = ANY ($3)';
    END IF;
    IF tracks.energy_min IS NOT NULL THEN
        PERFORM api._between('tracks', 'energy_min', tracks.energy_min::numeric, 0, 1);
        conditions := conditions || ' AND a.energy >= $4';
    END IF;
    IF tracks.energy_max IS NOT NULL THEN
        PERFORM api._between('tracks', 'energy_max', tracks.energy_max::numeric, coalesce(tracks.energy_min, 0)::numeric, 1);
        conditions := conditions || ' AND a.energy <= $5';
    END IF;
    IF tracks.genre IS NOT NULL THEN
        PERFORM api._required('tracks', 'genre', tracks.genre);
        conditions := conditions || ' AND lower(t.genre) = lower($6)';
    END IF;
    IF tracks.duration_min IS NOT NULL THEN
        PERFORM api._between('tracks', 'duration_min', tracks.duration_min::numeric, 0, 86400);
        conditions := conditions || ' AND a.duration_s >= $7';
    END IF;
    IF tracks.duration_max IS NOT NULL THEN
        PERFORM api._between(
            'tracks', 'duration_max', tracks.duration_max::numeric, coalesce(tracks.duration_min, 0)::numeric, 86400
        );
        conditions := conditions || ' AND a.duration_s <= $8';
    END IF;
    IF tracks.after IS NOT NULL THEN
        IF tracks.after !~ '^[0-9]{1,6}([.][0-9]{1,17})?(e-[0-9]{1,2})?:[0-9a-f]{32}$' THEN
            PERFORM api._parameter('tracks', 'after', 'must be the `next` of an earlier answer', tracks.after);
        END IF;
        -- keyset: a page costs the same wherever it is, and rows that come or go do not shift the next one
        conditions := conditions || format(' AND (a.%1$I, a.track_id) > (split_part($9, '':'', 1)::double precision, split_part($9, '':'', 2))', sort_column);
    END IF;
    EXECUTE format(
        $query$
            SELECT jsonb_agg(
                to_jsonb(found) || jsonb_build_object('available', file.present IS NOT NULL)
                ORDER BY found.%1$I, found.track_id
            )
            FROM (
                SELECT t.track_id, t.title, t.artist, t.album, t.genre, t.release_year, a.bpm, a.bpm_confidence,
                    a.camelot, a.key_confidence, a.energy, a.energy_level, a.duration_s, a.loudness_lufs, a.grid_constant
                FROM library.track_analyses AS a
                JOIN library.tracks AS t ON t.track_id = a.track_id
                WHERE true %2$s
                ORDER BY a.%1$I, a.track_id
                LIMIT $10
            ) AS found
            -- not EXISTS: the planner would hash every location of the library
            LEFT JOIN LATERAL (
                SELECT l.present FROM library.track_locations AS l
                WHERE l.track_id = found.track_id AND l.present LIMIT 1
            ) AS file ON true
        $query$,
        sort_column, conditions
    ) INTO page
    USING tracks.bpm_min, tracks.bpm_max, codes, tracks.energy_min, tracks.energy_max, tracks.genre,
        tracks.duration_min, tracks.duration_max, tracks.after, tracks."limit";
    page := coalesce(page, '[]');
    last_row := page -> -1;
    RETURN api._answer(
        jsonb_build_object(
            'items', page,
            'next', CASE
                WHEN jsonb_array_length(page) = tracks."limit"
                    THEN (last_row ->> sort_column) || ':' || (last_row ->> 'track_id')
            END
        ),
        (SELECT max(analysed_at) FROM library.track_analyses)
    );
END
$$;
COMMENT ON FUNCTION api.tracks IS 'Analysed tracks by tempo (BPM), Camelot codes (`8A`, or several: `8A,9A`), energy (0-1), genre and duration (seconds), ordered by bpm, energy or duration. limit 1-500; `next` of an answer, given as `after`, fetches the next page, and is null on the last.';

CREATE OR REPLACE FUNCTION api.track(track_id text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    found jsonb;
    as_of timestamptz;
BEGIN
    PERFORM api._required('track', 'track_id', track.track_id);
    IF track.track_id !~ '^[0-9a-f]{32}$' THEN
        PERFORM api._parameter('track', 'track_id', 'must be 32 hexadecimal digits in lower case', track.track_id);
    END IF;
    SELECT
        (to_jsonb(t) - 'batch_key') || jsonb_build_object(
            'analysis', CASE WHEN a.track_id IS NOT NULL THEN to_jsonb(a) - 'track_id' END,
            'locations', (
                SELECT coalesce(jsonb_agg(to_jsonb(l) - 'track_id' ORDER BY l.uri), '[]')
                FROM library.track_locations AS l WHERE l.track_id = t.track_id
            ),
            'states', (
                SELECT coalesce(jsonb_agg(to_jsonb(s) - 'track_id' ORDER BY s.stage), '[]')
                FROM library.track_states AS s WHERE s.track_id = t.track_id
            ),
            'successors', (
                SELECT coalesce(
                    jsonb_agg(
                        jsonb_build_object(
                            'track_id', x.in_track, 'title', n.title, 'artist', n.artist, 'rank', x.rank, 'score', x.score
                        ) ORDER BY x.rank, x.in_track
                    ),
                    '[]'
                )
                FROM library.transition_scores AS x
                JOIN library.tracks AS n ON n.track_id = x.in_track
                WHERE x.out_track = t.track_id AND x.rank <= api._limit('successors')
            )
        ),
        greatest(t.updated_at, a.analysed_at)
    INTO found, as_of
    FROM library.tracks AS t
    LEFT JOIN library.track_analyses AS a ON a.track_id = t.track_id
    WHERE t.track_id = track.track_id;
    IF found IS NULL THEN
        PERFORM api._fail('PT404', 'LIBRARY_NOT_FOUND', format('There is no track `%s`.', track.track_id));
    END IF;
    RETURN api._answer(found, as_of);
END
$$;
COMMENT ON FUNCTION api.track IS 'One track whole: tags, analysis, files, states and the tracks that best follow it.';
