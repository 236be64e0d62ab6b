// Greetings: records one with the microphone and puts it into the form as a WAV file. Uploading a file works without it.

const MAX_SECONDS = 60;
const RATE = 16000;
const box = document.querySelector("[data-recorder]");
const file = box?.closest("form")?.querySelector("input[type=file]");
const [start, stop, listen] = ["start", "stop", "listen"].map((name) => box?.querySelector(`[data-${name}]`));
let sound = null;
const say = (text) => {
  box.querySelector("[data-state]").textContent = text;
};

if (box && file && navigator.mediaDevices?.getUserMedia && "MediaRecorder" in window) {
  box.hidden = false;
  start.addEventListener("click", record);
  listen.addEventListener("click", play);
}

async function record() {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: false } });
  } catch {
    say("The browser may not use the microphone. Allow it in the browser’s settings for this site, then try again.");
    return;
  }
  const recorder = new MediaRecorder(stream);
  const chunks = [];
  const begun = performance.now();
  const seconds = () => Math.floor((performance.now() - begun) / 1000);
  const ticking = setInterval(() => {
    say(`Recording, ${seconds()} s`);
    if (seconds() >= MAX_SECONDS - 1) recorder.stop();
  }, 250);
  const end = () => recorder.stop();
  recorder.addEventListener("dataavailable", (event) => chunks.push(event.data));
  recorder.addEventListener("stop", async () => {
    clearInterval(ticking);
    stop.removeEventListener("click", end);
    for (const track of stream.getTracks()) track.stop();
    [start.hidden, stop.hidden] = [false, true];
    await keep(new Blob(chunks));
  });
  stop.addEventListener("click", end);
  [start.hidden, stop.hidden, listen.hidden] = [true, false, true];
  say("Recording, 0 s");
  recorder.start();
}

async function keep(blob) {
  try {
    const context = new AudioContext();
    const decoded = await context.decodeAudioData(await blob.arrayBuffer());
    await context.close();
    const offline = new OfflineAudioContext(1, Math.ceil(decoded.duration * RATE), RATE);
    const source = new AudioBufferSourceNode(offline, { buffer: decoded });
    source.connect(offline.destination);
    source.start();
    sound = await offline.startRendering();
  } catch {
    say("This browser could not read its own recording. Record it with another program, and choose the file.");
    return;
  }
  const files = new DataTransfer();
  files.items.add(new File([wav(sound.getChannelData(0))], "recording.wav", { type: "audio/wav" }));
  file.files = files.files;
  listen.hidden = false;
  say(`Recorded, ${Math.max(1, Math.round(sound.duration))} s. Listen to it, record it again, or give it a name and upload it.`);
}

function play() {
  const context = new AudioContext();
  const source = new AudioBufferSourceNode(context, { buffer: sound });
  source.connect(context.destination);
  source.addEventListener("ended", () => context.close());
  source.start();
}

function wav(samples) {
  const bytes = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at, word) => [...word].forEach((letter, index) => bytes.setUint8(at + index, letter.charCodeAt(0)));
  text(0, "RIFF");
  bytes.setUint32(4, 36 + 2 * samples.length, true);
  text(8, "WAVEfmt ");
  [[16, 16, 4], [20, 1, 2], [22, 1, 2], [24, RATE, 4], [28, 2 * RATE, 4], [32, 2, 2], [34, 16, 2], [40, 2 * samples.length, 4]].forEach(
    ([at, value, size]) => (size === 4 ? bytes.setUint32(at, value, true) : bytes.setUint16(at, value, true)),
  );
  text(36, "data");
  samples.forEach((each, index) => bytes.setInt16(44 + 2 * index, Math.max(-1, Math.min(1, each)) * 32767, true));
  return bytes.buffer;
}
