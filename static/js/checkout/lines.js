/** The lines of an address while they are typed: which ones the country asks for, and the city that the postcode means, which then need not be typed.
 * The shop is asked (reservations/addresses/postcode_views.py); while it does not answer, every line is shown, and nothing waits for it. */
import { say } from "../toast.js";
import { codeOf } from "./countries.js";

const PAUSE = 250; // milliseconds after a letter before the shop is asked
const ASKED_ANYWHERE = ["name", "street", "city", "zip_code", "country"];
const answers = new Map(); // the shop's, by what was asked
const forms = new WeakMap();

function fetchAnswer(address) {
  if (!answers.has(address)) {
    const answer = fetch(address).then((response) => (response.ok && !response.redirected ? response.json() : null));
    answers.set(
      address,
      answer.catch(() => null).then((told) => told ?? (answers.delete(address), null)),
    );
  }
  return answers.get(address);
}

class Lines {
  constructor(form) {
    this.form = form;
    this.told = null; // the newest answer
    this.asked = ""; // the country that it is about
    this.place = null; // the city and state that stand in the form because of it
    this.isOwn = Boolean(this.text("city")); // the shopper's word counts, not ours
    if (this.text("country")) this.ask();
    this.draw();
  }

  field(line) {
    return this.form.querySelector(`[data-line=${line}]`);
  }

  text(line) {
    return this.form.elements[line].value.trim();
  }

  /** What the shop is asked about: a code, where the country is written in a language of the browser's. */
  get country() {
    return codeOf(this.text("country")) ?? this.text("country");
  }

  /** Whether the country asks for this line, as far as it is known. */
  needs(line) {
    return (this.told?.needs ?? ASKED_ANYWHERE).includes(line);
  }

  /** Filled in, and not known to be wrong. */
  isDone(line) {
    if (!this.text(line)) return false;
    if (line === "country") return this.told?.country !== null;
    return line !== "zip_code" || !this.told?.fault;
  }

  async ask() {
    clearTimeout(this.timer);
    const place = { country: this.country, zip_code: this.text("zip_code") };
    const address = `${this.form.dataset.postcodes}?${new URLSearchParams(place)}`;
    this.newest = address;
    const told = place.country ? await fetchAnswer(address) : null;
    if (this.newest !== address || !this.form.isConnected) return;
    this.told = told;
    this.asked = place.country;
    this.follow(told, place);
    this.draw();
    this.form.dispatchEvent(new CustomEvent("lines:told", { bubbles: true }));
  }

  askSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  /** City and state are those of the postcode; where it does not say them they are asked for. */
  follow(told, typed) {
    if (this.isOwn) return this.show(this.asks());
    if (told?.place) this.fill(told.place);
    else if (this.place) this.fill(null);
    const isAnswered = told ? told.country && (!told.knows_places || (typed.zip_code && !told.fault)) : typed.country && typed.zip_code;
    this.show(told?.place || !isAnswered ? [] : this.asks());
  }

  asks() {
    return ["city", "state"].filter((line) => (this.told?.asks ?? ["city", "state"]).includes(line));
  }

  fill(place) {
    const isNews = place && place.city !== this.place?.city;
    this.place = place;
    for (const line of ["city", "state"]) {
      const input = this.form.elements[line];
      const text = place?.[line] ?? "";
      if (input.value === text) continue;
      input.value = text;
      input.dispatchEvent(new Event("change", { bubbles: true })); // the tax may depend on it
    }
    if (isNews) say(`${Object.values(place).filter(Boolean).join(", ")}.`, { quietly: true });
  }

  show(lines) {
    for (const line of ["city", "state"]) {
      const isFilled = this.text(line) && !this.place;
      this.field(line).toggleAttribute("data-folded", !lines.includes(line) && !isFilled);
    }
  }

  /** The shopper knows better: city and state as lines of their own. */
  own() {
    this.isOwn = true;
    this.place = null;
    this.show(this.asks());
    this.draw();
    this.form.elements.city.select();
    this.form.elements.city.focus();
  }

  draw() {
    const { told } = this;
    for (const line of ["zip_code", "city", "state"]) {
      const label = this.field(line).querySelector("label");
      label.dataset.plain ??= label.textContent;
      label.textContent = told?.labels?.[line] ?? label.dataset.plain;
    }
    this.drawCountry();
    this.drawPostcode();
  }

  /** By its English name, once it is left: what the shop understands also where no script runs. */
  drawCountry() {
    const input = this.form.elements.country;
    const { country, name, country_fault: fault } = this.told ?? {};
    if (country && document.activeElement !== input && this.country === this.asked) input.value = name;
    this.drawHint("country", fault);
  }

  /** Below the line: what is wrong with what was typed, once it is left; and while it is typed, help. */
  drawHint(line, fault, help = "") {
    const hint = this.field(line).querySelector("[data-hint]");
    if (!hint) return;
    const input = this.form.elements[line];
    const isWrong = Boolean(fault) && this.text(line) !== "" && document.activeElement !== input;
    hint.toggleAttribute("data-wrong", isWrong);
    hint.textContent = isWrong ? fault : help;
    if (isWrong || this.field(line).querySelector(".wrong")) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }

  drawPostcode() {
    const field = this.field("zip_code");
    if (!field.querySelector("[data-place]")) return;
    const input = this.form.elements.zip_code;
    const place = this.place ? Object.values(this.place).filter(Boolean).join(", ") : "";
    field.dataset.word = this.told?.labels?.zip_code.replace("Postcode", "postcode") ?? "postcode";
    field.querySelector("[data-note]").textContent = this.told?.knows_places && !this.isOwn ? "fills in your city" : "";
    field.querySelector("[data-typed]").textContent = input.value;
    for (const shown of ["[data-place]", "[data-said]"]) field.querySelector(shown).textContent = place;
    field.querySelector("[data-another]").hidden = !this.place;
    this.drawHint("zip_code", this.told?.fault, this.hint(document.activeElement === input));
  }

  hint(isHere) {
    const { knows_places: knows, example = "", fault } = this.told ?? {};
    const typed = this.text("zip_code").replace(/\D/g, "").length;
    if (!isHere || !fault || !knows) return "";
    return /^\d+$/.test(example) && typed < example.length
      ? `${typed} digits of ${example.length}. The city appears here.`
      : `It looks like ${example}. The city appears here.`;
  }
}

/** What is known of the lines in this form. */
export function linesOf(form) {
  if (!forms.has(form)) forms.set(form, new Lines(form));
  return forms.get(form);
}

const FOLLOWED = ["country", "zip_code"];
const formOf = (target) => target.closest?.("form[data-postcodes]");

document.addEventListener("input", ({ target }) => {
  const form = formOf(target);
  if (!form) return;
  const lines = linesOf(form);
  if (["city", "state"].includes(target.name)) lines.isOwn = Boolean(lines.text("city") || lines.text("state"));
  if (!FOLLOWED.includes(target.name)) return;
  lines.askSoon();
  lines.drawPostcode();
});
document.addEventListener("change", ({ target }) => {
  if (formOf(target) && FOLLOWED.includes(target.name)) linesOf(formOf(target)).ask();
});
for (const moved of ["focusin", "focusout"]) {
  document.addEventListener(moved, ({ target }) => {
    if (formOf(target) && FOLLOWED.includes(target.name)) setTimeout(() => linesOf(target.form).draw()); // once the focus is where it goes
  });
}
document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-another]")) linesOf(formOf(target)).own();
});
