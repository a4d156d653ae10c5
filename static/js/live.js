/** One socket for the page: it joins every drop on it, and the feed where the page has one; members are told their own on any page.
 * It comes back by itself; while it is away, poll.js asks instead. Whatever it says is an event on the document: `live:feed-item`, … */
import { measure } from "./clock.js";
import { drop, learn, update } from "./facts.js";
import { startPolling, stopPolling } from "./poll.js";
import { show } from "./state.js";

const SOCKET_LIMIT = 50; // drops per socket, as the server has it
const DISABLED = 4403; // the close code for a member who may not come back
const SILENCE = 20_000; // milliseconds without a word before we ask whether anybody is there
let socket = null;
let failures = 0;
let sent = 0;
let watchdog = 0;

function watched() {
  const ids = [...document.querySelectorAll("drop-floor[drop]")].map((floor) => floor.getAttribute("drop"));
  return [...new Set(ids)].slice(0, SOCKET_LIMIT);
}

const hasFeed = () => document.querySelector("[data-feed]") !== null;
const isMember = () => document.querySelector("[data-bell]") !== null;

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

function connect() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/live/`);
  const mine = socket;
  mine.addEventListener("open", () => {
    sent = performance.now();
    for (const id of watched()) mine.send(JSON.stringify({ type: "join-drop", drop: id }));
    if (hasFeed()) mine.send(JSON.stringify({ type: "join-feed" }));
    if (!watched().length && !hasFeed()) settled();
    listen();
  });
  mine.addEventListener("message", ({ data }) => {
    listen();
    const message = JSON.parse(data);
    heard[message.type]?.(message);
    document.dispatchEvent(new CustomEvent(`live:${message.type}`, { detail: message }));
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

if (watched().length || hasFeed() || isMember()) {
  connect();
  addEventListener("online", () => socket?.close());
  addEventListener("pageshow", (event) => event.persisted && socket?.close());
}
