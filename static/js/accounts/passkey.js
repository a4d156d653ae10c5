/** <form data-passkey="create|get">: asks the browser for a passkey, and posts what it says in the field "credential".
    What the browser is asked stands in the form as JSON, or comes from the form's own address. */
const WORDS = {
  NotAllowedError: "Nothing was chosen, or it took too long. Try again.",
  InvalidStateError: "This device has a passkey for this account.",
  SecurityError: "Passkeys need the shop's name in the address, not a number.",
  NotSupportedError: "This device knows no passkeys.",
};

function bytes(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.codePointAt(0));
}

function base64url(buffer) {
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCodePoint(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The options with bytes where the browser wants bytes. */
function forBrowser({ publicKey }) {
  const known = (credentials = []) => credentials.map((credential) => ({ ...credential, id: bytes(credential.id) }));
  const options = { ...publicKey, challenge: bytes(publicKey.challenge) };
  if (options.user) options.user = { ...options.user, id: bytes(options.user.id) };
  if (options.excludeCredentials) options.excludeCredentials = known(options.excludeCredentials);
  if (options.allowCredentials) options.allowCredentials = known(options.allowCredentials);
  // Kept on the device where it can be, so that it signs in without a name and a password.
  if (options.user) options.authenticatorSelection = { residentKey: "preferred", userVerification: "preferred" };
  return { publicKey: options };
}

/** What the browser said, as JSON (WebAuthn Level 3, 5.1.6; older browsers have no toJSON). */
function asJson(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = base64url(credential.response[name]);
  }
  return {
    id: credential.id,
    rawId: base64url(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

async function optionsOf(form) {
  const written = form.querySelector("script[type='application/json']");
  const said = written
    ? JSON.parse(written.textContent)
    : await (await fetch(form.action, { headers: { Accept: "application/json" } })).json();
  return forBrowser(said.creation_options ?? said.request_options);
}

async function ask(form) {
  const asked = await optionsOf(form);
  const credential = await navigator.credentials[form.dataset.passkey](asked);
  form.elements.credential.value = JSON.stringify(asJson(credential));
  form.submit();
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const status = form.querySelector("[role=status]");
    status.textContent = "";
    if (!navigator.credentials || !window.PublicKeyCredential) {
      status.textContent = WORDS.NotSupportedError;
      return;
    }
    try {
      await ask(form);
    } catch (error) {
      status.textContent = WORDS[error.name] ?? "This did not work. Try again.";
    }
  });
}
