/** Countries as shoppers write them: the shop knows their codes and English names, the browser the names in its languages. */
let codes; // by the name in small letters

function readCodes() {
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const found = new Map();
  for (const language of navigator.languages) {
    const names = new Intl.DisplayNames(language, { type: "region", fallback: "none" });
    for (const code of letters.flatMap((first) => letters.map((second) => first + second))) {
      const name = names.of(code);
      if (name) found.set(folded(name), new Intl.Locale(`und-${code}`).region); // of today, where the code is an old one
    }
  }
  return found;
}

const folded = (text) => text.trim().replace(/\s+/g, " ").toLocaleLowerCase("und");

/** The code of the country that has this name in one of the browser's languages. */
export function codeOf(name) {
  codes ??= readCodes();
  return codes.get(folded(name));
}
