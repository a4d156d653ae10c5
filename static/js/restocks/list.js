/** The list of reports while one looks at it: rows change their standing, and new ones come in on top. */
import { localise, setMoment } from "../local-time.js";
import { say } from "../toast.js";

const OPEN = ["reported", "confirmed"];

/** The words of the event, each in the slot of its name. */
function fill(row, { sneaker, words, status, url, created_at }) {
  const price = words.price ? ` · ${words.price}` : "";
  const said = { ...words, price, name: `${sneaker.brand} ${sneaker.name}` };
  for (const slot of row.querySelectorAll("[data-slot]")) slot.textContent = said[slot.dataset.slot] ?? "";
  row.dataset.status = status;
  row.querySelector("a").setAttribute("href", url);
  setMoment(row.querySelector("time"), created_at);
  localise(row);
}

/** Whether the filters of this list let the report in. */
function belongs({ status, store, sneaker, sizes }, { status: wanted, store: name, sneaker: shoe, size }) {
  const standing = wanted === "all" || (wanted ? wanted === status : OPEN.includes(status));
  const place = !name || name === store.slug || name === store.id;
  return standing && place && (!shoe || shoe === sneaker.id) && (!size || sizes.includes(size));
}

function change(list, report) {
  const known = list.querySelector(`[data-restock="${CSS.escape(report.id)}"]`);
  if (report.hidden) return known?.remove();
  if (known) return fill(known, report);
  if (list.dataset.grows === undefined || !belongs(report, list.dataset)) return;
  const row = document.querySelector("template#restock").content.firstElementChild.cloneNode(true);
  row.dataset.restock = report.id;
  row.querySelector(".art").dataset.tint = report.tint;
  row.querySelector(".art").append(Object.assign(new Image(), { src: `/sneakers/${report.sneaker.id}/art.svg`, alt: "" }));
  fill(row, report);
  list.prepend(row);
  document.querySelector("[data-nothing]")?.remove();
  say(`${report.words.status}: ${report.sneaker.brand} ${report.sneaker.name}, ${report.words.where}.`, { quietly: true });
}

document.addEventListener("live:restock-updated", ({ detail }) => {
  const list = document.querySelector("[data-restocks]"); // the part around it may have been drawn anew
  if (list) change(list, detail);
});
