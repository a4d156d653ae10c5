"""Everything that is measured, in the order in which one round measures it."""

from bench.scenarios.beside_sign_ins import GUESSERS, SignInPage
from bench.scenarios.doors import DOORS
from bench.scenarios.drawing import MillionEntries
from bench.scenarios.expiry import Expiry
from bench.scenarios.fanout import FanOut
from bench.scenarios.feed import FEEDS
from bench.scenarios.granting import Grant
from bench.scenarios.growth import ManyDrops, Past, QuietHour
from bench.scenarios.machine import BareFunction, DeskLimit, EmptyView, RowLock
from bench.scenarios.nearby import NEARBY
from bench.scenarios.on_sale import OnSale
from bench.scenarios.pages import Page, Short
from bench.scenarios.plain_shop import PlainShop
from bench.scenarios.queueing import QUEUEING
from bench.scenarios.reserving import Buying, BuyingByPage, Crowd, HoldAlone, Holds, PlainView, SoldOut
from bench.scenarios.scenario import Scenario
from bench.scenarios.several import HoldsOfSeveral
from bench.scenarios.standing_orders import StandingOrders

YARDSTICKS: list[Scenario] = [
    RowLock(8),
    RowLock(32),
    DeskLimit(64),
    DeskLimit(256),
    PlainShop(64),
    PlainView(64),
    BareFunction(256),
    EmptyView("empty-view", "empty"),
    EmptyView("empty-view-middleware", "dressed"),
]
SCENARIOS: list[Scenario] = [
    HoldAlone(),
    Holds(64),
    Holds(256),
    HoldsOfSeveral(256, processes=1),
    HoldsOfSeveral(256, processes=2),
    HoldsOfSeveral(256, processes=2, apart=True),
    HoldsOfSeveral(256, processes=4),
    HoldsOfSeveral(256, processes=4, apart=True),
    *DOORS,
    Crowd(256, sockets=5000),
    OnSale(256),
    SoldOut(256),
    Buying(64),
    BuyingByPage(64),
    Page("drop-page", "/drops/{slug}/"),
    Page("drop-page-gzip", "/drops/{slug}/", "Accept-Encoding: gzip, br\r\n"),
    Page("drops-list", "/api/v1/drops"),
    Short("drop-unchanged", "/api/v1/drops/{slug}", "If-None-Match: *\r\n", wanted="304"),
    Short("healthz", "/healthz"),
    SignInPage("sign-in-page"),
    SignInPage("sign-in-page-beside-sign-ins", guessers=GUESSERS),
    FanOut(1000),
    FanOut(5000),
    FanOut(10_000),
    Expiry(),
    StandingOrders(),
    *QUEUEING,
    MillionEntries(),
    Grant(1),
    Grant(64),
    Grant(256),
    *FEEDS,
    *NEARBY,
]
# What takes long: only where it is named.
GROWTH: list[Scenario] = [
    *(ManyDrops(256, drops) for drops in (1, 10, 100)),
    *(Past(reservations) for reservations in (10_000, 1_000_000)),
    *(FanOut(sockets, "growth-screens") for sockets in (1000, 5000, 10_000, 19_000, 25_000)),
    QuietHour(),
]
HUGE: list[Scenario] = [Past(10_000_000)]  # only by its whole name: it takes long, and three gigabytes
ALL: dict[str, Scenario] = {scenario.name: scenario for scenario in [*YARDSTICKS, *SCENARIOS, *GROWTH, *HUGE]}

__all__ = ["ALL", "GROWTH", "HUGE", "SCENARIOS", "YARDSTICKS", "Scenario"]
