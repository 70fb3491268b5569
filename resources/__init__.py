"""The outside world: settings, PostgreSQL, object store, HTTP, devices.

Belongs here: anything that opens a socket, a file outside the package or a process. Does not belong here:
knowledge of news, charts, tracks or mixes.
"""
