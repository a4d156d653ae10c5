/** Trades as they stand: when one changes, what the page shows of it is fetched again, unless somebody is typing there. */
import { localise } from "./local-time.js";
import { say } from "./toast.js";

const place = document.querySelector("[data-trades]");
let asked = 0;

function isTyping() {
  const field = document.activeElement;
  return place.contains(field) && field.matches("input:not([type=radio], [type=checkbox]), textarea") && field.value !== field.defaultValue;
}

async function refresh() {
  const mine = ++asked;
  const answer = await fetch(location.href, { headers: { "X-Fragment": "trades" }, cache: "no-store" }).catch(() => null);
  if (!answer?.ok || mine !== asked) return;
  const html = await answer.text();
  if (mine !== asked || isTyping()) return isTyping() && say("This trade has changed. Load the page again to see it.");
  place.innerHTML = html;
  localise(place);
}

document.addEventListener("live:trade-updated", ({ detail }) => {
  if (place.dataset.trades === "all" || place.querySelector(`[href="/trades/${detail.trade}/"]`) || place.dataset.trades === detail.trade) refresh();
});
document.addEventListener("live:back", refresh);
