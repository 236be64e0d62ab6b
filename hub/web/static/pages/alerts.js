// Alerts: marks the list as read, allows notifications in this browser, installs the app. The pages work without it.

const read = document.querySelector("[data-read]");
if (read) fetch(read.action, { method: "POST", body: new URLSearchParams(new FormData(read)), redirect: "manual" });

const box = document.querySelector("[data-push-key]");
const button = box?.querySelector("[data-push-allow]");
const say = (text) => {
  const line = box.querySelector("[data-push-state]");
  line.textContent = text;
  line.hidden = !text;
};
const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));

if (box) {
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
    say("This browser shows no notifications. On an iPhone or iPad, install the app first (below), then open it from the Home Screen.");
  } else if (Notification.permission === "denied") {
    say("Notifications of this site are blocked. Allow them in the browser’s settings for this site, then load the page again.");
  } else {
    button.hidden = false;
    button.addEventListener("click", allow);
  }
}

async function allow() {
  button.setAttribute("aria-busy", "true");
  try {
    if ((await Notification.requestPermission()) !== "granted") {
      say("You did not allow notifications, so nothing changed. Email and texts still work.");
      return;
    }
    const { pushManager } = await navigator.serviceWorker.ready;
    await (await pushManager.getSubscription())?.unsubscribe(); // it may be for an older key
    const options = { userVisibleOnly: true, applicationServerKey: toBytes(box.dataset.pushKey) };
    const subscription = await pushManager.subscribe(options);
    const body = new URLSearchParams({ subscription: JSON.stringify(subscription) });
    const answer = await fetch("/alerts/push", { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error((await answer.json()).error);
    location.reload();
  } catch (error) {
    say(`The browser could not be added: ${error.message}`);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

// Browsers that can install the app say so; the others have the steps in words.
const install = document.querySelector("[data-install]");
window.addEventListener("beforeinstallprompt", (event) => {
  if (!install) return;
  event.preventDefault();
  install.hidden = false;
  install.onclick = () => event.prompt();
});
