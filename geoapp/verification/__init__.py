"""The second path: every published figure computed again, row by row, from the registers alone.

Nothing here shares code with the first path beyond reading the store, the registers' definitions and the rule book's
numbers; import-linter holds it to that. It is slow and plain on purpose: loops, shapely one pair at a time, Geod.
"""
