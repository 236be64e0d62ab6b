// A phone of the business in this browser. The carrier's own SDK, a script of this hub, takes the calls; the hub gives it a
// token, which it renews. SDKS says for each SDK how to sign in and what a call of it can do.

// Rings by itself, so that no sound is fetched from the SDK's makers.
class NoSound {
  play() { return Promise.resolve(); }
  stop() {}
  setSinkIds() { return Promise.resolve(); }
}

const SDKS = {
  twilio: {
    async signIn(token, phone) {
      const device = new globalThis.Twilio.Device(token, { publishEvents: false, closeProtection: true, tokenRefreshMs: 60_000, logLevel: 5, Sound: NoSound });
      device.on("tokenWillExpire", async () => phone.renew((renewed) => device.updateToken(renewed)));
      device.on("registered", () => phone.signedIn());
      device.on("unregistered", () => phone.signedOut());
      device.on("error", (error) => phone.failed(error.message));
      device.on("incoming", (call) => {
        for (const over of ["cancel", "disconnect", "reject", "error"]) call.on(over, () => phone.over(call));
        phone.rings(call, call.parameters.From);
      });
      await device.register();
      return device;
    },
    signOut: (device) => device.destroy(),
    answer: (call) => call.accept(),
    reject: (call) => call.reject(),
    hangUp: (call) => call.disconnect(),
    mute: (call, on) => call.mute(on),
    key: (call, key) => call.sendDigits(key),
  },
};

function ring() {
  const context = new AudioContext();
  const sound = () => {
    for (const [frequency, at] of [[440, 0], [480, 0], [440, 0.5], [480, 0.5]]) {
      const tone = new OscillatorNode(context, { frequency });
      const quiet = new GainNode(context, { gain: 0.1 });
      tone.connect(quiet).connect(context.destination);
      tone.start(context.currentTime + at);
      tone.stop(context.currentTime + at + 0.4);
    }
  };
  sound();
  const again = setInterval(sound, 2_500);
  return () => {
    clearInterval(again);
    if (context.state !== "closed") context.close();
  };
}

function start(box) {
  const sdk = SDKS[box.dataset.sdk];
  const part = (name) => box.querySelector(`[data-${name}]`);
  const title = document.title;
  let device = null;
  let call = null;
  let quiet = () => {};

  function show(state, words) {
    for (const name of ["out", "in", "ringing", "talking"]) part(name).hidden = name !== state;
    part("state").textContent = words;
    document.title = state === "ringing" ? `☎ ${words}` : title;
    if (state === "ringing") box.querySelector("[data-do=answer]").focus();
  }

  function failed(words) {
    part("error").textContent = words;
    part("error").hidden = !words;
  }

  async function token() {
    const body = new URLSearchParams({ connector: box.dataset.connector, name: box.dataset.name });
    const answer = await fetch(box.dataset.token, { method: "POST", body, headers: { accept: "application/json" } });
    if (answer.status === 401) throw new Error("Your session has ended. Sign in to the hub again.");
    const given = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(given.error ?? given.detail ?? "The hub gave no token. Try again.");
    return given.token;
  }

  const phone = {
    failed,
    signedIn() {
      failed("");
      if (!call) show("in", "Signed in. Calls ring here.");
    },
    signedOut() {
      if (!call) show(device ? "in" : "out", device ? "Not connected. Calls do not ring here until it is again." : "Signed out. Calls do not ring here.");
    },
    async renew(use) {
      try {
        use(await token());
      } catch (error) {
        failed(error.message);
      }
    },
    rings(coming, from) {
      if (call) return sdk.reject(coming);
      call = coming;
      quiet = ring();
      show("ringing", from && /\d/.test(from) ? `${from} calls` : "Somebody calls");
    },
    over(ended) {
      if (ended !== call) return;
      quiet();
      call = null;
      for (const toggle of box.querySelectorAll("[aria-pressed]")) toggle.setAttribute("aria-pressed", "false");
      show("in", "Signed in. Calls ring here.");
    },
  };

  const actions = {
    async signIn() {
      failed("");
      part("state").textContent = "Signing in.";
      try {
        const sound = await navigator.mediaDevices.getUserMedia({ audio: true });
        for (const track of sound.getTracks()) track.stop();
      } catch {
        show("out", "Signed out. Calls do not ring here.");
        return failed("The browser may not use the microphone. Allow it in the browser’s settings for this site, then try again.");
      }
      try {
        device = await sdk.signIn(await token(), phone);
      } catch (error) {
        show("out", "Signed out. Calls do not ring here.");
        failed(error.message ?? "The carrier did not let this browser sign in. Try again.");
      }
    },
    signOut() {
      const former = device;
      device = null;
      sdk.signOut(former);
      show("out", "Signed out. Calls do not ring here.");
    },
    answer() {
      quiet();
      sdk.answer(call);
      show("talking", part("state").textContent.replace(/ calls$/, " is on the line"));
      box.querySelector("[data-do=hold]").hidden = !sdk.hold;
    },
    reject: () => sdk.reject(call),
    hangUp: () => sdk.hangUp(call),
    mute: (button) => toggle(button, sdk.mute),
    hold: (button) => toggle(button, sdk.hold),
  };

  function toggle(button, act) {
    const on = button.getAttribute("aria-pressed") !== "true";
    act(call, on);
    button.setAttribute("aria-pressed", String(on));
  }

  box.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.key && call) sdk.key(call, button.dataset.key);
    else if (button?.dataset.do) actions[button.dataset.do](button);
  });
}

for (const box of document.querySelectorAll("[data-phone]")) start(box);
