-- What earlier scans noted of the files under a root. Parameter: root (URI with a slash at its end).
SELECT uri, bytes, modified_at, present FROM library.track_locations WHERE starts_with(uri, %(root)s)
