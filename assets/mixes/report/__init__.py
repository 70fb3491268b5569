"""The mix report: what a demanding listener would check, measured on the rendered audio.

Belongs here: detectors, meters and gates of the report's own, so that no figure is judged by the code that made it.
Does not belong here: anything of the planner's or the renderer's, but for the records they hand over.
"""
