"""Industry Pulse: news, charts, movers and the daily digest (``industry`` schema, bronze in ``raw``)."""
