"""The digest of a day as one HTML page that needs nothing but itself.

Belongs here: markup and style. Does not belong here: what is in a digest (:mod:`assets.industry.digest`).
"""

from html import escape

from assets.industry.digest import TIERS, Digest, DigestMove, Highlight

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1f2328}"
    "h1{font-size:1.6rem}h2{font-size:1.2rem;border-bottom:1px solid #d0d7de;margin-top:2rem}"
    "li{margin:.6rem 0}p{margin:.2rem 0}small,.by{color:#59636e}table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #d0d7de}td.n{text-align:right}"
)


def digest_page(digest: Digest) -> str:
    """Return a digest as an HTML document. All text is escaped; nothing is loaded from elsewhere."""
    day = digest.digest_date.isoformat()
    parts = [
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Industry digest {day}</title>',
        f"<style>{_STYLE}</style></head><body><h1>Industry digest {day}</h1>",
    ]
    if digest.note:
        parts.append(f"<p>{escape(digest.note)}</p>")
    for tier in TIERS:
        if digest.highlights[tier]:
            told = "".join(_highlight(highlight) for highlight in digest.highlights[tier])
            parts.append(f"<h2>For {tier}s</h2>{_lead(digest, tier)}<ul>{told}</ul>")
    if digest.movers:
        rows = "".join(_move(move) for move in digest.movers)
        parts.append(
            f"<h2>Top movers</h2><table><tr><th>Chart</th><th>Track</th><th>Now</th><th>Before</th></tr>{rows}</table>"
        )
        credits = sorted({move.attribution for move in digest.movers})
        parts.append(f"<p><small>{escape(' '.join(credits))}</small></p>")
    parts.append(f"<p><small>Method: {escape(digest.method)}.</small></p></body></html>\n")
    return "\n".join(parts)


def _lead(digest: Digest, tier: str) -> str:
    lead = digest.leads.get(tier)
    return f"<p><strong>{escape(lead.text)}</strong></p>" if lead else ""


def _highlight(highlight: Highlight) -> str:
    summary = f"<p>{escape(highlight.summary)}</p>" if highlight.summary else ""
    return (
        f'<li><a href="{escape(highlight.url)}">{escape(highlight.title)}</a> '
        f'<span class="by">{escape(highlight.source)}</span>{summary}</li>'
    )


def _move(move: DigestMove) -> str:
    chart = escape(f"{move.platform} {move.chart} {move.country}")
    reason = f"<br><small>{escape(move.breakout_reason)}</small>" if move.breakout_reason else ""
    before = move.previous_position or move.movement.replace("_", " ")
    return (
        f'<tr><td><a href="{escape(move.url)}">{chart}</a></td>'
        f"<td>{escape(move.artist)} – {escape(move.title)}{reason}</td>"
        f'<td class="n">{move.position}</td><td class="n">{before}</td></tr>'
    )
