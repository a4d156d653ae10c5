"""`make bench`: how fast the shop is beside what the same machine can do at all (docs/benchmarks.md).

ground      servers of its own, and the processes of the shop
people      members, drops, sessions and passes in bulk
generators  the load in processes of their own: `requests` asks over HTTP, `screens` watches over /ws/live/
yardsticks  what the machine can do: pgbench, a bare function, an empty view, the plain view
scenarios   what the shop can do
audit       whether it did it right
report      the table, the ratios, the targets
"""
