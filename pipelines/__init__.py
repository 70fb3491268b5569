"""Orchestration: the two code locations, partitions, policies, jobs, schedules, sensors, executor, launcher, CLI.

Belongs here: what decides *when*, *where* and *in which pieces* assets are made. Does not belong here: what an
asset contains (``assets/``) or how the outside world is reached (``resources/``).
"""
