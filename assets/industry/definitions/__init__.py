"""The asset definitions of Industry Pulse: thin shells around the pure modules of this domain.

Belongs here: decorated functions, what they read and write, their checks. Does not belong here: parsing, scoring,
grouping (the modules beside this package), partitions, schedules and policies (``pipelines``).
"""

import dagster as dg

from assets.industry.catalogue import load_catalogue
from assets.industry.definitions.artist_names import artist_names_asset
from assets.industry.definitions.attention_signals import signals_asset
from assets.industry.definitions.chart_movers import movers_asset
from assets.industry.definitions.chart_snapshots import snapshots_asset
from assets.industry.definitions.daily_digest import digest_asset
from assets.industry.definitions.digest_exports import exports_asset
from assets.industry.definitions.gear_releases import gear_asset
from assets.industry.definitions.industry_news import news_asset
from assets.industry.definitions.landing_files import landing_asset
from assets.industry.definitions.new_releases import releases_asset
from assets.industry.definitions.news_mentions import mentions_asset
from assets.industry.definitions.news_stories import stories_asset
from assets.industry.definitions.news_summaries import summaries_asset
from assets.industry.definitions.payloads import payloads_asset
from assets.industry.definitions.trend_clusters import trends_asset
from resources.settings import load_settings

_CATALOGUE = load_catalogue(load_settings().catalogue)

ASSETS: list[dg.AssetsDefinition] = [
    payloads_asset(_CATALOGUE),
    news_asset(_CATALOGUE),
    stories_asset(_CATALOGUE),
    artist_names_asset(),
    mentions_asset(),
    summaries_asset(),
    snapshots_asset(_CATALOGUE),
    movers_asset(),
    digest_asset(),
    releases_asset(_CATALOGUE),
    gear_asset(),
    landing_asset(_CATALOGUE),
    signals_asset(),
    exports_asset(),
    trends_asset(),
]

__all__ = ["ASSETS"]
