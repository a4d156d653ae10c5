/** A page with a feed (an element with data-feed): notices what it was not told, and while the socket is away asks for what is newest.
 * `data-feed` may say when the newest thing on the page happened (ISO 8601), so that nothing is missed before the line stands. */
import { askToo } from "../poll.js";
import { say } from "../toast.js";
import { hasFeed } from "../watching.js";

const FEED = "/api/v1/community/feed?page_size=1";
let known = Date.parse(document.querySelector("[data-feed]")?.dataset.feed); // NaN until anything is known
let offered = false;

function offer() {
  if (offered) return;
  offered = true;
  say("There is something new. Load the page again to see it.", { url: location.href });
}

async function newest() {
  const answer = await fetch(FEED, { cache: "no-store", signal: AbortSignal.timeout(8_000) });
  if (answer.ok) {
    const { results: [item] } = await answer.json();
    const detail = { type: "feed-joined", newest: item ? { id: item.id, at: item.at } : null };
    document.dispatchEvent(new CustomEvent("live:feed-joined", { detail }));
  }
  return answer.status;
}

document.addEventListener("live:feed-item", ({ detail }) => (known = Math.max(known || 0, Date.parse(detail.at))));
document.addEventListener("live:feed-joined", ({ detail }) => {
  const at = Date.parse(detail.newest?.at);
  if (at > known) offer();
  if (at) known = Math.max(known || 0, at);
});
document.addEventListener("live:feed-skipped", () => document.querySelector("[data-fresh]") || offer()); // which says so itself
if (hasFeed()) askToo(newest);
