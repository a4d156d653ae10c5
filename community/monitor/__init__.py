"""Reading public feeds of stores that allow it: politely, within bounds, and never anything that is not public.

`addresses` says where we may connect, `fetching` makes one request, `visits` minds robots.txt and the pace of each host,
`parsing` turns an answer into items, `matching` finds their sneakers, `transitions` finds what is news, `sources` does it all.
"""
