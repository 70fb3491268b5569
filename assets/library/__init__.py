"""Library: intake of audio files and their analysis (``library`` schema)."""
