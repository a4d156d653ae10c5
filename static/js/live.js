/** One socket for the page: it joins every drop on it, and the feed where the page has one; members are told their own on any page.
 * It comes back by itself; while it is away, poll.js asks instead. Whatever it says is an event on the document: `live:feed-item`, … */
import { measure } from "./clock.js";
import { drop, learn, update } from "./facts.js";
import { startPolling, stopPolling } from "./poll.js";
import { show } from "./state.js";
import { isMember, joins, watched } from "./watching.js";

const DISABLED = 4403; // the close code for a member who may not come back
const SILENCE = 20_000; // milliseconds without a word before we ask whether anybody is there
let socket = null;
let failures = 0;
let sent = 0;
let watchdog = 0;
let wasOpen = false;

/** What was asked for has come: the page is true again, and stays so. */
function settled() {
  failures = 0;
  stopPolling();
  show("live");
}

function listen() {
  clearTimeout(watchdog);
  watchdog = setTimeout(() => {
    if (socket?.readyState !== WebSocket.OPEN) return;
    sent = performance.now();
    socket.send(JSON.stringify({ type: "ping" }));
    watchdog = setTimeout(() => socket?.close(), 5_000);
  }, SILENCE);
}

const heard = {
  snapshot(message) {
    measure(message.server_time, sent, performance.now());
    learn(message.drop, message);
    settled();
  },
  "feed-joined"(message) {
    measure(message.server_time, sent, performance.now());
    if (!watched().length) settled();
  },
  pong: (message) => measure(message.server_time, sent, performance.now()),
  "stock-updated": (message) => update(message.drop, message),
  "stock-recovered": (message) => update(message.drop, message),
  "drop-updated": (message) => learn(message.drop, { ...message, sizes: [] }),
  "purchase-created"(message) {
    const { recent_buyers = [] } = drop(message.drop) ?? {};
    const newest = { buyer: message.buyer, size: message.size, at: message.at };
    learn(message.drop, { recent_buyers: [newest, ...recent_buyers].slice(0, 10), top_purchasers: message.top_purchasers });
  },
  error: (message) => message.code === "busy" && setTimeout(() => socket?.close(), 1_000),
};

const tell = (message) => document.dispatchEvent(new CustomEvent(`live:${message.type}`, { detail: message }));

function connect() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/live/`);
  const mine = socket;
  mine.addEventListener("open", () => {
    sent = performance.now();
    for (const request of joins()) mine.send(JSON.stringify(request));
    if (!joins().length) settled();
    if (wasOpen) tell({ type: "back" }); // what came meanwhile is not sent again
    wasOpen = true;
    listen();
  });
  mine.addEventListener("message", ({ data }) => {
    listen();
    const message = JSON.parse(data);
    heard[message.type]?.(message);
    tell(message);
  });
  mine.addEventListener("close", ({ code }) => mine === socket && away(code));
}

/** The socket is gone: poll, and try again after a random part of a doubling span (full jitter), so that crowds come back spread. */
function away(code) {
  clearTimeout(watchdog);
  socket = null;
  startPolling(watched);
  if (code !== DISABLED) setTimeout(connect, Math.random() * Math.min(30_000, 500 * 2 ** failures++));
}

if (joins().length || isMember()) {
  connect();
  addEventListener("online", () => socket?.close());
  addEventListener("pageshow", (event) => event.persisted && socket?.close());
}
