"""Asset definitions of mixes: thin shells around the pure modules beside this package."""

import dagster as dg

from assets.mixes.definitions.mix_plans import mix_plans
from assets.mixes.definitions.mix_renders import mix_renders
from assets.mixes.definitions.transition_report import transition_report
from assets.mixes.definitions.transition_scores import transition_scores

ASSETS: list[dg.AssetsDefinition] = [transition_scores, mix_plans, mix_renders, transition_report]
