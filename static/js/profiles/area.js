/** "Use my location": the browser's place becomes a geohash of the chosen length here, and nothing finer is ever sent. */
import { say } from "../toast.js";

const BASE32 = "0123456789bcdefghjkmnpqrstuvwxyz";

/** G. Niemeyer's geohash (2008): the halves of the world that hold the place, five to a letter, longitude first. */
function geohash(latitude, longitude, letters) {
  const spans = [[-180, 180], [-90, 90]];
  const degrees = [longitude, latitude];
  let found = "";
  let bits = 0;
  for (let turn = 0; turn < letters * 5; turn += 1) {
    const span = spans[turn % 2];
    const middle = (span[0] + span[1]) / 2;
    const upper = degrees[turn % 2] >= middle;
    span[upper ? 0 : 1] = middle;
    bits = bits * 2 + Number(upper);
    if (turn % 5 === 4) {
      found += BASE32[bits];
      bits = 0;
    }
  }
  return found;
}

const form = document.querySelector("form[data-area]");

form?.querySelector("[data-here]").addEventListener("click", ({ currentTarget: button }) => {
  button.setAttribute("aria-busy", "true");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      form.elements.geohash.value = geohash(coords.latitude, coords.longitude, Number(form.elements.letters.value));
      form.submit();
    },
    () => {
      button.removeAttribute("aria-busy");
      say("Your browser does not share your location. Enter a city instead.");
    },
    { maximumAge: 600_000, timeout: 15_000 },
  );
});
