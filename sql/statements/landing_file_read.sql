-- Say what became of a landing file.
UPDATE raw.landing_files
SET read_at = now(), rows = %(rows)s, bad_rows = %(bad_rows)s, problem = %(problem)s
WHERE source_slug = %(source_slug)s AND file_name = %(file_name)s AND sha256 = %(sha256)s;
