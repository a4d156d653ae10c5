/** Choosing several pairs: how many are chosen, and all of this page at once. Without it the boxes work as they are. */
const bulk = document.querySelector("[data-bulk]");
const boxes = [...document.querySelectorAll('.closet input[name="pair"]')];
const words = bulk?.querySelector("[data-chosen]");
const before = words?.textContent;

const tell = () => {
  const chosen = boxes.filter((box) => box.checked).length;
  words.textContent = chosen ? `${chosen} chosen` : before;
  if (chosen) bulk.querySelector("details").open = true;
};

if (bulk) {
  document.addEventListener("change", (event) => {
    if (boxes.includes(event.target)) tell();
  });
  bulk.querySelector("[data-choose-all]").addEventListener("click", () => {
    const all = boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = !all;
    tell();
  });
  addEventListener("pageshow", tell);
}
