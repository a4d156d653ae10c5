"""Recomputes a draw from its files alone: python check.py FOLDER [SALT MEMBER]; entries.csv, draw.json, ranks.csv lie there.

Python 3.11 is enough. With `drand-verify` 0.2.1 installed, drand's signature is checked too; without it, that is said.
SALT and MEMBER stand on the page of your entry: with them the script finds it. The rules: docs/draws.md, version 1.
"""

import bisect, collections, datetime, hashlib, hmac, json, pathlib, sys
ONE, LN2 = 1 << 64, 12786308645202655659

def sha(text): return hashlib.sha256(text.encode()).hexdigest()

def must(holds, what):
    print("ok   " if holds else "WRONG", what)
    if not holds: sys.exit(1)

def minus_log(number):
    halvings = max(0, 64 - number.bit_length())
    power = z = ((ONE - (number << halvings)) << 64) // (ONE + (number << halvings))
    square, total, odd = z * z >> 64, 0, 1
    while power: total, power, odd = total + power // odd, power * square >> 64, odd + 2
    return 2 * total + halvings * LN2

def weighed(lot, people):
    return minus_log(ONE - int.from_bytes(lot[:8])) * 100 * len(people) // sum(min(200, 100 + 15 * lost) for lost, _ in people)

def together(wishes, left):
    for size in [size for size in wishes[0] if left[size]]:
        rest = together(wishes[1:], left | {size: left[size] - 1}) if wishes[1:] else []
        if rest is not None: return [size, *rest]

def allot(order, stock):
    left, got, stepped, holders = dict(enumerate(stock, 1)), {}, set(), collections.defaultdict(list)
    everybody, grouped = sum(len(p) for *_, p in order), sum(len(p) for *_, p in order if len(p) > 1)
    def single(rank):
        for size in [size for size in order[rank][2][0][1] if left[size]][:1]:
            left[size], got[rank] = left[size] - 1, [size]
            bisect.insort(holders[size], rank)
    for rank, (lot, _, people) in enumerate(order):
        wishes, freed, taken, some = [sizes for _, sizes in people], {}, collections.Counter(), []
        if len(people) == 1: single(rank); continue
        pairs, alone = together(wishes, left), sum(any(left[size] for size in sizes) for sizes in wishes)
        if pairs is None and alone:
            for sizes in wishes:
                some.append(next((size for size in sizes if left[size] > taken[size]), 0))
                taken[some[-1]] += 1
            losers = everybody - min(everybody, sum(stock)) if alone > sum(map(bool, some)) else everybody
            for place, sizes in enumerate(wishes):
                if not some[place]:
                    who, some[place] = max(((r, s) for s in sizes for r in holders[s] if r not in freed), default=(-1, 0))
                    freed[who] = some[place]
            if -1 in freed: continue
            out = sum(all(left[size] <= taken[size] for size in order[who][2][0][1]) for who in freed)
            singles, coin = everybody - grouped, int.from_bytes(lot[-8:])
            of = (len(people) * singles + out * grouped) * everybody
            pairs = some if coin * of < alone * singles * losers * ONE else None
        if pairs:
            for who, size in freed.items(): holders[size].remove(who); left[size] += 1; del got[who]
            for size in pairs: left[size] -= 1
            got[rank] = pairs
            for who in sorted(freed): single(who); stepped |= {who} - got.keys()
    return got, stepped

def main(folder, salt="", member=""):
    entries, ranks, draw = ((pathlib.Path(folder) / name).read_text() for name in ("entries.csv", "ranks.csv", "draw.json"))
    draw, rows = json.loads(draw), [line.split(",") for line in entries.split()[1:]]
    seed, beacon, listed = bytes.fromhex(draw["seed"]), draw["beacon"], draw["entries"]
    must(draw["rules"] == 1, "this script knows the version of the rules")
    must(sha(entries) == listed["sha256"], "entries.csv is the file that was published at close")
    must(all(leaf == sha(f"dropshop/draw-entry/1\0{draw['drop']}\0{text}") for leaf, text in rows), "each leaf fits its entry")
    must(rows == sorted(rows) and len({leaf for leaf, _ in rows}) == listed["count"], "each entry stands there once, in order")
    must(sha("".join(f"{leaf}\n" for leaf, _ in rows)) == listed["root"], "the root is that of these leaves")
    must(hashlib.sha256(seed).hexdigest() == draw["commitment"], "the seed fits its seal")
    named = [(b["source"], b.get("round")) for b in draw["beacons"]]
    must((beacon["source"], beacon.get("round")) in named, "the beacon was named before")
    if beacon["source"] == "drand":
        drawn_at, value = 1692803367 + 3 * (beacon["round"] - 1), hashlib.sha256(bytes.fromhex(beacon["signature"])).hexdigest()
        must(drawn_at > datetime.datetime.fromisoformat(draw["closes_at"]).timestamp(), "drand's round came after close")
        must(f"drand:{value}" == beacon["value"], "the value is that of drand's signature")
        try: from drand_verify import verify_quicknet
        except ImportError: print("      drand's signature was not checked: install drand-verify 0.2.1")
        else: must(verify_quicknet(beacon["round"], beacon["signature"]) == value, "drand's signature is good")
    order = []
    for leaf, text in rows:
        people = [(int(lost), [*map(int, wish.split(">"))]) for _, lost, wish in (part.split(":") for part in text.split("+"))]
        order.append((hmac.digest(seed, f"dropshop/draw/1\0{beacon['value']}\0{leaf}".encode(), "sha256"), leaf, people))
    order.sort(key=lambda row: (weighed(row[0], row[2]) if draw["loyalty"] else 0, row[0]))
    (got, stepped), waiting, lines = allot(order, [size["pairs"] for size in draw["stock"]]), collections.Counter(), []
    for rank, (_, leaf, people) in enumerate(order):
        first = {}
        for size in [size for _, sizes in people for size in sizes if rank not in got]:
            waiting[size] += 1
            first.setdefault(size, waiting[size])
        won, remark = "+".join(map(str, got.get(rank, []))), "stepped back" * (rank in stepped)
        lines.append(f"{rank + 1},{leaf},{won},{remark}," + " ".join(f"{size}:{first[size]}" for size in sorted(first)))
    must(ranks.splitlines() == ["rank,leaf,won,remark,waitlist", *lines], f"all {len(lines)} ranks are the same")
    mine = {leaf for leaf, text in rows if sha(f"dropshop/draw-person/1\0{salt}\0{member}") in text}
    if salt: print("your entry:", *[f"rank {line}" for line in lines if line.split(",")[1] in mine] or ["not there"])

if __name__ == "__main__": main(*sys.argv[1:])
