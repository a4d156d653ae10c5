/** #decide, where a drop's page says what this member can do: the server's fragment takes the place of the one before. */
import { mark, measure } from "../clock.js";
import { localise } from "../local-time.js";
import { takePass } from "./pass.js";
import { adopt } from "./refusal.js";

export const decide = () => document.getElementById("decide");

/** What was typed and chosen for this hold stays where the server has nothing to say about it: more time takes no letter away. */
function keepTyped(before, fresh) {
  if (!before.dataset.hold || before.dataset.hold !== fresh.dataset.hold) return;
  for (const input of before.querySelectorAll("#order input[name]:not([type=hidden])")) {
    const same = [...fresh.querySelectorAll(`#order [name="${input.name}"]`)].find(({ type, value }) => type === "text" || value === input.value);
    if (!same || input.closest("[data-folded]")) continue;
    if (input.type === "text") same.value ||= input.value;
    else if (input.checked !== input.defaultChecked) same.checked = input.checked;
  }
}

function swap(html, { focus }) {
  const box = document.createElement("template");
  box.innerHTML = html;
  const fresh = box.content.firstElementChild;
  if (!fresh || !decide()) return;
  fresh.style.minBlockSize = `${decide().getBoundingClientRect().height}px`; // what stands below keeps its place when a hold ends
  keepTyped(decide(), fresh);
  decide().replaceWith(fresh);
  adopt(fresh);
  localise(fresh);
  takePass(fresh);
  document.dispatchEvent(new CustomEvent("hold:swapped"));
  if (focus) (fresh.querySelector("[aria-invalid=true]") ?? fresh.querySelector("[data-focus]"))?.focus();
}

/** Puts the fragment of this answer, asked for at the mark `sent`, in place; with `focus`, the reader's focus goes to what has happened. */
export async function put(answer, sent, { focus }) {
  const received = mark();
  const html = await answer.text();
  measure(/data-told-at="([^"]*)"/.exec(html)?.[1], sent, received);
  swap(html, { focus });
}

/** Whether this answer is the fragment that belongs there. */
export function isDecision(answer) {
  return answer.headers.get("Content-Type")?.startsWith("text/html") && answer.headers.has("X-Fragment");
}

/** Puts there how things stand now; with `focus`, or where it was inside, the reader's focus goes to what has happened. False where nobody tells, or it is not `wanted` any more. */
export async function fetchDecision({ focus, wanted = () => true }) {
  const sent = mark();
  const answer = await fetch(decide().dataset.source, { headers: { "X-Fragment": decide().dataset.fragment }, cache: "no-store" }).catch(() => null);
  if (!answer || !isDecision(answer) || !wanted()) return false;
  await put(answer, sent, { focus: focus ?? decide().contains(document.activeElement) });
  return true;
}
