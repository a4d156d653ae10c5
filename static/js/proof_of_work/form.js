/** form[data-work]: a form that a solved task lets through. A Worker solves it while somebody types; who is faster waits for it. */
const form = document.querySelector("form[data-work]");
const says = form.querySelector("[role=status]");
const { challenge, solver } = form.dataset;
let isWaiting = false;

function solved(solution) {
  form.elements.work.value = btoa(JSON.stringify({ challenge: JSON.parse(challenge), solution }));
  delete form.dataset.work;
  says.textContent = "The task is solved. You can sign in.";
  if (isWaiting) form.requestSubmit();
}

function gaveUp() {
  delete form.dataset.work;
  says.textContent = "Your browser cannot solve the task here. Get a code by e-mail instead.";
}

if (crypto.subtle) {
  says.textContent = "One moment: your browser solves a small task.";
  const worker = new Worker(solver, { type: "module" });
  worker.onmessage = ({ data }) => solved(data);
  worker.onerror = gaveUp;
  worker.postMessage(JSON.parse(challenge).parameters);
} else gaveUp(); // browsers derive keys over HTTPS alone

form.addEventListener("submit", (event) => {
  if (form.dataset.work === undefined) return;
  event.preventDefault();
  isWaiting = true;
  says.textContent = "One moment: your browser solves a small task, and signs you in then.";
});
