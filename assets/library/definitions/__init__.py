"""Asset definitions of the library: thin shells around the pure modules beside this package."""
