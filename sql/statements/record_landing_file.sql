-- Add a file of the landing folder to bronze; the same file again adds nothing.
INSERT INTO raw.landing_files (source_slug, file_name, sha256, contract, day, bytes, uri, landed_at)
VALUES (%(source_slug)s, %(file_name)s, %(sha256)s, %(contract)s, %(day)s, %(bytes)s, %(uri)s, %(landed_at)s)
ON CONFLICT DO NOTHING;
