"""Asset definitions of the library: thin shells around the pure modules beside this package."""

import dagster as dg

from assets.library.definitions.track_analyses import track_analyses
from assets.library.definitions.tracks import tracks

ASSETS: list[dg.AssetsDefinition] = [tracks, track_analyses]
