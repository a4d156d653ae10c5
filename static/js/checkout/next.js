/** What is left to fill in while a pair is held: the button goes to the next empty field, and buys once there is none. A field that is right has a tick.
 * Enter presses the form's first button, and so does the same. */
import { linesOf } from "./lines.js";

const form = () => document.querySelector("#order[data-postcodes]");
const button = () => form()?.querySelector("[data-buys]");
const COARSE = matchMedia("(pointer: coarse)");

/** The fields of a newcomer, or the lines of another address: { box, input, isDone, isAsked }, in their order. */
function fieldsOf(form) {
  const saved = form.querySelector("[name=saved_address]:checked:not([value=''])");
  const lines = linesOf(form);
  const typed = [...form.querySelectorAll("[data-line]:not([data-folded])")].map((box) => {
    const { line } = box.dataset;
    return { box, input: form.elements[line], isDone: lines.isDone(line), isAsked: lines.needs(line) };
  });
  return [...(saved ? [] : typed), ...cardOf(form)];
}

/** The card. A provider's own form says itself what it lacks. */
function cardOf(form) {
  const box = form.querySelector("[data-word=card]");
  const own = box.querySelector("stripe-card");
  const isChosen = Boolean(form.querySelector("[name=payment_method]:checked:not([value=''])"));
  const input = box.querySelector("[name=payment_method]:not([type=hidden])");
  return [{ box, input, isDone: isChosen || Boolean(own?.hasAttribute("data-complete")), isAsked: !own }];
}

const isHere = ({ box }) => box.contains(document.activeElement);

/** Where to go on: the first empty field behind the one that has the focus, or else before it. */
function nextOf(fields) {
  const here = fields.findIndex(isHere);
  const open = fields.filter(({ isDone, isAsked }) => isAsked && !isDone);
  return open.find((field) => fields.indexOf(field) > here) ?? open[0];
}

function draw() {
  if (!form()) return;
  const fields = fieldsOf(form());
  drawButton(nextOf(fields));
  for (const field of fields) {
    const isRight = field.isDone && (!isHere(field) || field.input?.type === "radio" || isSure(field));
    field.box.toggleAttribute("data-right", isRight);
  }
  const counted = fields.filter(({ isDone, isAsked, box }) => isDone || isAsked || box.dataset.word === "card");
  const place = counted.findIndex(isHere) + 1;
  for (const count of document.querySelectorAll(".hold [data-count]")) count.textContent = place ? `${place} of ${counted.length}` : "";
  const isTyping = COARSE.matches && Boolean(document.activeElement?.matches("#order input:not([type=radio], [type=checkbox])"));
  document.querySelector(".hold").toggleAttribute("data-typing", isTyping);
}

/** What the shop has looked at is right while it is still being typed. */
function isSure({ box }) {
  const { told } = linesOf(form());
  return Boolean(told?.country) && (box.dataset.line === "country" || (box.dataset.line === "zip_code" && Boolean(told.place)));
}

function drawButton(next) {
  const to = button()?.querySelector("[data-to]");
  if (!to) return; // the bank is being asked, or there is no connection: the button says that
  if (next) button().dataset.next = next.box.dataset.word;
  else delete button().dataset.next;
  to.textContent = next ? `Next: ${next.box.dataset.word}` : "";
}

function go() {
  const next = nextOf(fieldsOf(form()));
  const folded = next.box.closest("details:not([open])");
  if (folded) folded.open = true;
  next.input.focus();
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-buys][data-next]")) return;
  event.preventDefault();
  go();
});
// The keyboard of a phone stays open: the focus goes from field to field, not to the button.
document.addEventListener("mousedown", (event) => event.target.closest?.("[data-buys][data-next]") && event.preventDefault());
for (const news of ["input", "change", "lines:told", "hold:swapped"]) document.addEventListener(news, draw);
for (const moved of ["focusin", "focusout"]) document.addEventListener(moved, () => setTimeout(draw));

/** The strip stands in for the head of the hold where that has been scrolled away. */
const watched = new IntersectionObserver(([{ target, isIntersecting }]) => target.parentElement.toggleAttribute("data-past", !isIntersecting));

function watch() {
  watched.disconnect();
  const head = document.querySelector(".hold > header");
  if (!head) return;
  watched.observe(head);
  const art = document.querySelector(".strip .art");
  const drawn = document.querySelector(".art.big :is(svg, img)");
  if (art && drawn && !art.childElementCount) art.append(drawn.cloneNode(true));
}

// A browser that lays its keyboard over the page, and does not resize it, says so here: the button stands on the keyboard all the same.
window.visualViewport?.addEventListener("resize", () => {
  const covered = Math.max(0, innerHeight - visualViewport.height - visualViewport.offsetTop);
  document.documentElement.style.setProperty("--keyboard", visualViewport.scale === 1 ? `${covered}px` : "0px");
});

document.addEventListener("hold:swapped", watch);
watch();
draw();
