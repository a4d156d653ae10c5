/** A page with a feed (an element with data-feed), while the socket is away: is there anything newer? Told as the socket tells it. */
import { askToo } from "./poll.js";
import { hasFeed } from "./watching.js";

const FEED = "/api/v1/community/feed?page_size=1";

async function newest() {
  const answer = await fetch(FEED, { cache: "no-store", signal: AbortSignal.timeout(8_000) });
  if (answer.ok) {
    const { results: [item] } = await answer.json();
    const detail = { type: "feed-joined", newest: item ? { id: item.id, at: item.at } : null };
    document.dispatchEvent(new CustomEvent("live:feed-joined", { detail }));
  }
  return answer.status;
}

if (hasFeed()) askToo(newest);
