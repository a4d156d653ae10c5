"""The sizes of a run and their counters, which only `counters` writes."""
