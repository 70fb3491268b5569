"""What Backbeat makes: one package per domain.

In a domain, ``definitions/`` holds the asset definitions (thin shells: fetch upstream data, call, return) and
every other module holds pure computation that imports neither Dagster nor the warehouse. Domains meet in the
warehouse, never by importing each other (``mixes`` and ``stems`` may import ``library``'s pure modules).
"""
