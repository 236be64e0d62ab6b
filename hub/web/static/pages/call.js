// The player of a call's page: waveform, skips, speed, and the transcript. Without it the browser's own player works.

const clock = (seconds) => {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};

function player(box) {
  const audio = box.querySelector("audio");
  if (!audio) return;
  const wave = box.querySelector(".wave");
  const controls = box.querySelector(".controls");
  const lines = [...box.querySelectorAll(".transcript li")];
  const length = () => (Number.isFinite(audio.duration) && audio.duration) || Number(audio.dataset.seconds) || 1;
  const seek = (seconds) => {
    audio.currentTime = Math.min(length(), Math.max(0, seconds));
    show();
  };
  const play = controls.querySelector(".play");

  play.addEventListener("click", () => (audio.paused ? audio.play() : audio.pause()));
  for (const button of controls.querySelectorAll("[data-skip]")) {
    button.addEventListener("click", () => seek(audio.currentTime + Number(button.dataset.skip)));
  }
  controls.querySelector("[data-speed]").addEventListener("change", (event) => {
    audio.playbackRate = Number(event.target.value);
  });
  for (const name of ["play", "pause", "ended", "timeupdate", "seeked", "loadedmetadata"]) {
    audio.addEventListener(name, show);
  }
  audio.addEventListener("play", () => {
    for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
  });
  audio.addEventListener("error", () => {
    audio.classList.add("plain"); // the browser's own player says what is wrong
  });
  if (wave) slider();
  for (const line of lines) {
    line.addEventListener("click", (event) => {
      if (window.getSelection().toString()) return;
      event.preventDefault();
      seek(Number(line.dataset.start));
      audio.play();
    });
  }

  function show() {
    const at = audio.currentTime;
    play.firstElementChild.textContent = audio.paused ? "Play" : "Pause";
    controls.querySelector("[data-clock]").textContent = clock(at);
    if (wave) {
      const x = (wave.viewBox.baseVal.width * Math.min(1, at / length())).toFixed(1);
      wave.querySelector("clipPath rect").setAttribute("width", x);
      for (const end of ["x1", "x2"]) wave.querySelector(".head").setAttribute(end, x);
      wave.setAttribute("aria-valuenow", Math.round(at));
      wave.setAttribute("aria-valuetext", `${clock(at)} of ${clock(length())}`);
      wave.setAttribute("aria-valuemax", Math.round(length()));
    }
    const spoken = at > 0 && lines.findLast((line) => Number(line.dataset.start) <= at + 0.05);
    for (const line of lines) line.classList.toggle("now", line === spoken);
  }

  // The waveform as a slider: click, drag, and the keys of a slider.
  function slider() {
    wave.setAttribute("role", "slider");
    wave.setAttribute("tabindex", "0");
    wave.setAttribute("aria-label", "Position in the recording");
    wave.setAttribute("aria-valuemin", "0");
    const seekTo = (event) => {
      const { left, width } = wave.getBoundingClientRect();
      seek(((event.clientX - left) / width) * length());
    };
    wave.addEventListener("pointerdown", (event) => {
      wave.setPointerCapture(event.pointerId);
      seekTo(event);
    });
    wave.addEventListener("pointermove", (event) => {
      if (event.buttons) seekTo(event);
    });
    wave.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageDown: -30, PageUp: 30 };
      if (event.key === "Home") seek(0);
      else if (event.key === "End") seek(length());
      else if (event.key === " ") play.click();
      else if (event.key in steps) seek(audio.currentTime + steps[event.key]);
      else return;
      event.preventDefault();
    });
  }
  show();
}

// Find in the transcript: only lines with the words stay.
function finder(box) {
  const field = box.querySelector("[data-find]");
  if (!field) return;
  const none = box.querySelector("[data-none]");
  const lines = [...box.querySelectorAll(".transcript li")];
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const line of lines) line.hidden = !line.querySelector("p").textContent.toLowerCase().includes(wanted);
    none.hidden = lines.some((line) => !line.hidden);
  });
}

for (const box of document.querySelectorAll("[data-player]")) {
  player(box);
  finder(box);
}
