/** What staff change of a drop while people look at it: elements with `data-fact` in its <drop-floor> say its title, price and hours anew, and why it was called off. */
import { localise, setMoment } from "../local-time.js";
import { shown } from "../money.js";
import { floors } from "../watching.js";

const write = {
  title: (element, title) => { element.textContent = title; },
  price: (element, price) => { element.textContent = shown(price); },
  starts_at: moment,
  ends_at: moment,
  called_off: (element, because) => { if (because) element.textContent = `Called off: ${because}`; },
};

function moment(element, at) {
  if (element.matches("time")) setMoment(element, at);
  else element.setAttribute("at", at);
}

/** The page's own title and what names the drop elsewhere on the floor. */
function rename(floor, title) {
  const before = floor.dataset.title;
  if (before === title) return;
  floor.dataset.title = title;
  if (floor.hasAttribute("name")) floor.setAttribute("name", title);
  if (document.querySelector("#decide")) document.title = document.title.replace(before, title);
}

function tell(floor, drop) {
  for (const name of Object.keys(write)) {
    if (drop[name] === undefined) continue;
    for (const element of floor.querySelectorAll(`[data-fact="${name}"]`)) write[name](element, drop[name]);
  }
  if (drop.title !== undefined) rename(floor, drop.title);
  localise(floor);
}

document.addEventListener("drop:facts", ({ detail: drop }) => {
  const plan = JSON.stringify([drop.title, drop.price, drop.starts_at, drop.ends_at, drop.called_off]);
  for (const floor of floors(drop.id)) {
    if (floor.plan === plan) continue;
    floor.plan = plan;
    tell(floor, drop);
  }
});
