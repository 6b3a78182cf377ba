// Passkeys: a form asks the browser for a credential, puts the answer into its hidden field and is sent like any other.
const toBytes = (text) => {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
};
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const descriptors = (list) => (list || []).map((one) => ({ ...one, id: toBytes(one.id) }));

async function made(options) {
  const credential = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: toBytes(options.challenge),
      user: { ...options.user, id: toBytes(options.user.id) },
      excludeCredentials: descriptors(options.excludeCredentials),
    },
  });
  const { clientDataJSON, attestationObject } = credential.response;
  return answer(credential, { clientDataJSON, attestationObject });
}

async function signed(options) {
  const credential = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: toBytes(options.challenge),
      allowCredentials: descriptors(options.allowCredentials),
    },
  });
  const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response;
  return answer(credential, { clientDataJSON, authenticatorData, signature, ...(userHandle ? { userHandle } : {}) });
}

function answer(credential, buffers) {
  const response = Object.fromEntries(Object.entries(buffers).map(([name, value]) => [name, toText(value)]));
  return JSON.stringify({ id: credential.id, rawId: toText(credential.rawId), type: credential.type, response });
}

async function ask(form) {
  const fault = form.querySelector("[role=alert]");
  const button = form.querySelector("button[type=submit]");
  fault.hidden = true;
  button.disabled = true;
  try {
    const asked = await fetch(form.dataset.options, { headers: { Accept: "application/json" } });
    if (asked.redirected) {
      // the confirmation has run out in the meantime: prove to be oneself, then come back here
      const back = new URLSearchParams({ next: window.location.pathname });
      window.location.assign(`${new URL(asked.url).pathname}?${back}`);
      return;
    }
    const options = await asked.json();
    form.elements.credential.value = await (form.dataset.passkey === "create" ? made(options) : signed(options));
    form.submit();
  } catch {
    fault.hidden = false;
    button.disabled = false;
  }
}

document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-passkey]") && event.target.elements.credential.value === "") {
    event.preventDefault();
    ask(event.target);
  }
});
