// Passkeys: forms with data-passkey="get" (sign in) or "create" (add one). Nothing else of the sign-in needs JavaScript.

const RENEW_AFTER_MS = 4 * 60 * 1000; // a challenge of the hub ends after five minutes

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// Older browsers lack the functions that read and write JSON.
function optionsFrom(kind, json) {
  const read = kind === "create" ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON";
  if (PublicKeyCredential[read]) return PublicKeyCredential[read](json);
  const known = (list) => (list ?? []).map((each) => ({ ...each, id: toBytes(each.id) }));
  const options = { ...json, challenge: toBytes(json.challenge) };
  if (kind === "create") {
    return { ...options, user: { ...json.user, id: toBytes(json.user.id) }, excludeCredentials: known(json.excludeCredentials) };
  }
  return { ...options, allowCredentials: known(json.allowCredentials) };
}

function jsonOf(credential) {
  if (credential.toJSON) return credential.toJSON();
  const { response } = credential;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const given = Object.fromEntries(parts.filter((part) => response[part]).map((part) => [part, toText(response[part])]));
  if (response.getTransports) given.transports = response.getTransports();
  return {
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    response: given,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

async function post(address, fields) {
  const answer = await fetch(address, {
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { Accept: "application/json" },
    credentials: "same-origin",
  });
  const content = await answer.json().catch(() => ({ error: "The hub does not answer. Try again in a moment." }));
  if (content.error) throw new Error(content.error);
  return content;
}

async function ceremony(form, more) {
  const kind = form.dataset.passkey;
  const json = await post(form.dataset.options, {});
  if (json.next) return location.assign(json.next);
  const asked = { publicKey: optionsFrom(kind, json), ...more };
  const credential = await navigator.credentials[kind](asked);
  if (!credential) return undefined;
  const fields = { ...Object.fromEntries(new FormData(form)), credential: JSON.stringify(jsonOf(credential)) };
  const done = await post(form.action, fields);
  return location.assign(done.next);
}

function explained(error) {
  if (error.name === "NotAllowedError") return "Nothing was chosen, or the time was over. Try again.";
  if (error.name === "InvalidStateError") return "This device has a passkey for you already.";
  return error.name === "Error" ? error.message : "This browser cannot do it here. Use another way to sign in.";
}

let waiting = null; // the request that offers passkeys in the name field

async function offerInField(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  waiting = new AbortController();
  const { signal } = waiting;
  const renewal = setTimeout(() => {
    waiting.abort();
    offerInField(form);
  }, RENEW_AFTER_MS);
  signal.addEventListener("abort", () => clearTimeout(renewal));
  try {
    await ceremony(form, { mediation: "conditional", signal });
  } catch (error) {
    if (error.name !== "AbortError") show(form, error);
  }
}

function show(form, error) {
  const place = form.querySelector("[data-passkey-error]");
  place.textContent = error ? explained(error) : "";
  place.hidden = !error;
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      waiting?.abort();
      show(form, null);
      const button = form.querySelector("button");
      button.setAttribute("aria-busy", "true");
      try {
        await ceremony(form, {});
      } catch (error) {
        show(form, error);
      } finally {
        button.removeAttribute("aria-busy");
      }
    });
    if (form.dataset.passkey === "get") offerInField(form);
  }
  for (const line of document.querySelectorAll("[data-passkey-or]")) line.hidden = false;
}
