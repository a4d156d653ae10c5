/** Buyers as they buy: <ol data-buyers drop> on a drop, <ol data-ticker> across the front page. Names only of those who opted in (L5). */
import { everySecond, now } from "../clock.js";
import { watch } from "../facts.js";
import { setMoment } from "../local-time.js";

function ago(iso) {
  const seconds = Math.max(0, Math.floor((now() - Date.parse(iso)) / 1000));
  if (Number.isNaN(seconds)) return "";
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} d`;
}

function line(buyer, tail) {
  const item = document.createElement("li");
  const who = document.createElement("span");
  const name = document.createElement(buyer.buyer === "someone" ? "span" : "b");
  name.textContent = buyer.buyer;
  who.append(name, tail);
  item.append(who);
  item.dataset.at = buyer.at;
  return item;
}

function since(item) {
  const time = item.querySelector("time") ?? item.appendChild(document.createElement("time"));
  setMoment(time, item.dataset.at);
  time.textContent = ago(item.dataset.at);
}

for (const list of document.querySelectorAll("[data-buyers]")) {
  const limit = Number(list.dataset.limit ?? 6);
  watch(list.dataset.buyers, ({ recent_buyers: buyers = [] }) => {
    const newest = list.firstElementChild?.dataset.at ?? "";
    list.replaceChildren(
      ...buyers.slice(0, limit).map((buyer) => {
        const item = line(buyer, ` ${buyer.size}`);
        item.classList.toggle("new", buyer.at > newest);
        since(item);
        return item;
      }),
    );
    list.closest(".bought")?.toggleAttribute("data-nobody", !buyers.length);
  });
}

const ticker = document.querySelector("[data-ticker]");
document.addEventListener("live:purchase-created", ({ detail }) => {
  const title = document.querySelector(`drop-floor[drop="${detail.drop}"]`)?.dataset.title;
  if (!ticker || !title) return;
  const item = line(detail, ` bought a ${title} ${detail.size}`);
  item.classList.add("new");
  ticker.prepend(item);
  while (ticker.children.length > 12) ticker.lastElementChild.remove();
  ticker.hidden = false;
});

everySecond(() => document.querySelectorAll("[data-buyers] li[data-at]").forEach(since));
