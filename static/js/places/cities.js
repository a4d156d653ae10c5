/** Names of cities while one is typed, in the list of the input; and word to the map which one was chosen. */
const input = document.querySelector("input[list='cities']");
const list = document.getElementById("cities");
const PAUSE = 200; // milliseconds
const known = new Map();
let timer = 0;

async function suggest() {
  const typed = input.value.trim();
  if (typed.length < 2 || known.has(typed)) return;
  const answer = await fetch(`/events/places/?q=${encodeURIComponent(typed)}`);
  if (!answer.ok || input.value.trim() !== typed) return;
  const { places } = await answer.json();
  list.replaceChildren(...places.map((place) => {
    known.set(place.label, place);
    const option = document.createElement("option");
    option.value = place.label;
    return option;
  }));
}

input?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(suggest, PAUSE);
});
input?.addEventListener("change", () => {
  const detail = known.get(input.value);
  if (detail) document.dispatchEvent(new CustomEvent("city:chosen", { detail }));
});
