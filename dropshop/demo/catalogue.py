"""What the demo shop sells: invented brands, and pictures drawn by our own code."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Release:
    """One sneaker and its drop. `opens`: from the seeding, negative for the past. `run`: pairs per size, as staff write it.

    `sell` and `hold` are the shares of all pairs that demo buyers get through the shop's own operations; `over` ends it then.
    """

    brand: str
    name: str
    style_code: str
    colourway: str
    description: str
    tint: str
    art: dict[str, str]
    price: int
    opens: timedelta
    run: str
    lasts: timedelta = timedelta(days=7)
    sell: float = 0
    hold: float = 0
    over: bool = False
    rules: dict[str, Any] = field(default_factory=dict)


RELEASES = (
    Release(
        "Harbour", "Tide Court", "HB-118", "Deep water",
        "A court shoe in three blues, with a wave stitched where others put a logo.",
        "tide", {"silhouette": "court"}, 16000, timedelta(minutes=-50), "7-12:7", sell=0.38, hold=0.08,
        rules={"hold_seconds": 120},
    ),
    Release(
        "Field Dept.", "Moss Trail GTX", "FD-31", "Wet stone",
        "High, waxed, lugged. Made for the path that is not there any more.",
        "moss", {"silhouette": "trail"}, 18500, timedelta(minutes=-80), "8, 9, 10, 11:3", sell=0.67, hold=0.34,
        rules={"hold_seconds": 900},
    ),
    Release(
        "Kiln Works", "Ember Runner 02", "KW-0207", "Fired clay",
        "Fired-clay red suede over a bone foam sole.",
        "ember", {"silhouette": "runner"}, 18000, timedelta(seconds=150), "7-9/0.5:24; 9.5-11/0.5:24; 12:24",
    ),
    Release(
        "Zero Hour", "Volt Null", "ZH-000", "Black body, live wire",
        "Everything is black but the parts that matter.",
        "volt",
        {
            "silhouette": "runner", "upper": "#26261f", "panel": "#0f0f0d", "accent": "#d4f01e", "sole": "#31312b",
            "tread": "#d4f01e", "lining": "#111110", "toe": "#44443b",
        },
        21000, timedelta(hours=-2), "7-12:20", lasts=timedelta(days=3), rules={"mode": "draw"},
    ),
    Release(
        "Soft Goods", "Lilac Low", "SG-77", "Evening lilac",
        "Washed canvas that gets better with every spill. For members.",
        "lilac",
        {
            "silhouette": "court", "upper": "#b9a0e3", "panel": "#7d5fb8", "accent": "#fffdf8", "sole": "#f6f1ff",
            "tread": "#7d5fb8", "lining": "#4b3675", "toe": "#dccff5",
        },
        14000, timedelta(minutes=-20), "5-10:6", sell=0.1, rules={"access": "members"},
    ),
    Release(
        "Northway", "Sandglass", "NW-604", "Dune",
        "Quarter-inch rope laces and a sole the colour of a dry river.",
        "sand",
        {
            "silhouette": "trail", "upper": "#d9bd8a", "panel": "#a47c45", "accent": "#fff6e2", "sole": "#f5ead2",
            "tread": "#5b4630", "lining": "#4a3520", "toe": "#e7d4ad",
        },
        17000, timedelta(minutes=15), "7-11/0.5:12", rules={"mode": "queue"},
    ),
    Release(
        "Harbour", "Skylight", "HB-121", "First light",
        "The Tide Court's quiet sister, in the blue of six in the morning.",
        "sky",
        {
            "silhouette": "court", "upper": "#e9f5fa", "panel": "#8fc9e2", "accent": "#2e7fa6", "sole": "#ffffff",
            "tread": "#8fc9e2", "lining": "#2c4653", "toe": "#c9e6f1",
        },
        15000, timedelta(days=4, hours=1), "One size:30",
    ),
    Release(
        "Kiln Works", "Rose Quarter", "KW-0199", "Glaze pink",
        "The third firing came out pink. It was not planned; it was gone in a minute.",
        "rose",
        {
            "silhouette": "runner", "upper": "#e88aa5", "panel": "#b4476b", "accent": "#fff3f2", "sole": "#fff3f2",
            "tread": "#7b2a47", "lining": "#4f1c30", "toe": "#f7c6d0",
        },
        17500, timedelta(hours=-6), "7-10:5", sell=1,
    ),
    Release(
        "Soft Goods", "Mint Condition", "SG-64", "Toothpaste",
        "So clean that nobody dared to wear it.",
        "mint",
        {
            "silhouette": "court", "upper": "#8ed7b9", "panel": "#2f8f6c", "accent": "#fbfffd", "sole": "#fbfffd",
            "tread": "#2f8f6c", "lining": "#174a39", "toe": "#cdf0e1",
        },
        13000, timedelta(days=-2), "7-10:6", sell=0.75, over=True,
    ),
)  # fmt: skip

# Buyers; the first of them let others see their names (L5).
NAMED = (
    *("mara", "deniz", "kit", "jo", "ines", "tomasz", "yuki", "femi", "lars", "noor"),
    *("ayo", "bruna", "chidi", "elif", "goran", "hana", "imani", "jonas", "lena", "mateo"),
)
UNNAMED = tuple(f"shopper{number:02}" for number in range(1, 21))
