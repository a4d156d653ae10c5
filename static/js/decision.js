/** #decide, where a drop's page says what this member can do: the server's fragment takes the place of the one before. */
import { localise } from "./local-time.js";
import { takePass } from "./pass.js";

export const decide = () => document.getElementById("decide");

/** Puts the server's fragment in place; with `focus`, the reader's focus goes to what has happened. */
export function swap(html, { focus }) {
  const box = document.createElement("template");
  box.innerHTML = html;
  const fresh = box.content.firstElementChild;
  if (!fresh || !decide()) return;
  decide().replaceWith(fresh);
  localise(fresh);
  takePass(fresh);
  document.dispatchEvent(new CustomEvent("hold:swapped"));
  if (focus) fresh.querySelector("[data-focus]")?.focus();
}

/** Whether this answer is the fragment that belongs there. */
export function isDecision(answer) {
  return answer.headers.get("Content-Type")?.startsWith("text/html") && answer.headers.has("X-Fragment");
}

/** Puts there how things stand now; with `focus`, or where it was inside, the reader's focus goes to what has happened. False where nobody tells, or it is not `wanted` any more. */
export async function fetchDecision({ focus, wanted = () => true }) {
  const answer = await fetch(decide().dataset.source, { headers: { "X-Fragment": decide().dataset.fragment }, cache: "no-store" }).catch(() => null);
  if (!answer || !isDecision(answer) || !wanted()) return false;
  swap(await answer.text(), { focus: focus ?? decide().contains(document.activeElement) });
  return true;
}
