/** What the pair costs follows the country and the state that are filled in; without this script the answer to the form says it. */
let asked = 0;

async function ask(form) {
  const box = form.querySelector("[data-costs]");
  if (!box) return;
  const place = new URLSearchParams({ country: form.elements.country.value, state: form.elements.state.value });
  const mine = ++asked;
  const answer = await fetch(`${box.dataset.costs}?${place}`, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const fresh = document.createElement("template");
  fresh.innerHTML = await answer.text();
  if (mine === asked && box.isConnected) put(form, box, fresh.content.firstElementChild);
}

function put(form, box, fresh) {
  box.replaceWith(fresh);
  const button = form.querySelector("[data-buys]");
  if (!button.hasAttribute("aria-busy")) button.textContent = `${button.dataset.buys} ${fresh.dataset.total}`;
}

document.addEventListener("change", ({ target }) => {
  const form = target.closest?.("[data-decides]");
  if (form && ["country", "state"].includes(target.name)) ask(form);
});
