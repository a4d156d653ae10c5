/** An item of the feed made from what the socket tells, in the page's own template. Texts are texts: nothing here is read as HTML. */
import { setMoment } from "../local-time.js";
import { shown } from "../money.js";

const WORDS = { drop: "Drop", restock: "Restock", trade: "Trade", post: "" };

const listed = (...parts) => parts.filter(Boolean).join(" · ");

/** What stands beside the title of a drop, a restock or a trade. */
function facts(kind, about) {
  if (kind === "drop") return shown(about.price);
  if (kind === "restock") return listed(about.sizes.length ? `size ${about.sizes.join(", ")}` : "sizes not known", about.price && shown(about.price), about.status);
  return kind === "trade" ? listed(...about.pairs.map((pair) => `${pair.sneaker.name} ${pair.size}`)) : "";
}

function picture({ url, alt }) {
  const image = document.createElement("img");
  Object.assign(image, { src: url, alt, decoding: "async" });
  return image;
}

/** Counts and text as they are now, on an item that is there. */
export function put(item, { likes, comments, text }) {
  item.querySelector("[data-likes]").textContent = likes;
  item.querySelector("[data-comments]").textContent = comments;
  if (text === undefined) return;
  Object.assign(item.querySelector("[data-text]"), { textContent: text, hidden: !text });
}

/** The new element. */
export function build({ id, kind, at, author, text, pictures, about, likes, comments, url }) {
  const item = document.querySelector("template#item").content.firstElementChild.cloneNode(true);
  const part = (name) => item.querySelector(`[data-${name}]`);
  Object.assign(item.dataset, { item: id, kind });
  Object.assign(part("author"), { textContent: author ?? "", href: author ? `/members/${encodeURIComponent(author)}/` : url });
  item.querySelector(".who").hidden = !author;
  part("word").textContent = WORDS[kind];
  item.querySelector(".when").href = url;
  setMoment(item.querySelector("time"), at);
  part("to-comments").href = `${url}#comments`;
  Object.assign(part("about"), { href: about.url, hidden: kind === "post" });
  part("title").textContent = about.title;
  part("words").textContent = facts(kind, about);
  const art = item.querySelector(".art");
  if (!about.sneaker) art.remove();
  else {
    art.dataset.tint = about.sneaker.tint;
    if (about.sneaker.picture) art.append(picture({ url: about.sneaker.picture, alt: "" }));
  }
  part("pictures").append(...pictures.map(picture));
  part("pictures").hidden = pictures.length === 0;
  part("report").href = `/community/report/item/${id}/`;
  if (author === document.querySelector("[data-feed]").dataset.me) part("report").remove();
  part("like")?.setAttribute("action", `/community/${id}/like/`);
  put(item, { likes, comments, text });
  return item;
}
