// The answer box: a template fills it, and characters and segments are counted while one writes.
const form = document.querySelector("[data-answer]");
const box = form?.querySelector("textarea");
const choice = document.querySelector("[data-template]");

function sizeOf(body, { basic, extended, sizes }) {
  const characters = [...body];
  const plain = characters.every((each) => basic.includes(each) || extended.includes(each));
  const encoding = plain ? "GSM-7" : "UCS-2";
  const widths = characters.map((each) => (plain ? (extended.includes(each) ? 2 : 1) : each.length));
  const units = widths.reduce((sum, width) => sum + width, 0);
  const [single, part] = sizes[encoding];
  if (units <= single) return { characters: characters.length, encoding, segments: units ? 1 : 0 };
  let segments = 1;
  let used = 0;
  for (const width of widths) {
    if (used + width > part) {
      segments += 1;
      used = 0;
    }
    used += width;
  }
  return { characters: characters.length, encoding, segments };
}

function count() {
  const { characters, encoding, segments } = sizeOf(box.value, JSON.parse(form.dataset.answer));
  const words = `${characters} ${characters === 1 ? "character" : "characters"}, ${segments} ${segments === 1 ? "segment" : "segments"} (${encoding})`;
  form.querySelector("[data-size]").textContent = words;
}

if (box) {
  box.addEventListener("input", count);
  if (box.value) count();
  // A second click sends nothing; the server would find the first text as well.
  form.addEventListener("submit", () => {
    form.querySelector("button[type=submit]").disabled = true;
  });
  window.addEventListener("pageshow", () => {
    form.querySelector("button[type=submit]").disabled = false;
  });
}

if (choice && box) {
  document.querySelector("[data-template-use]").hidden = true;
  choice.addEventListener("change", () => {
    box.value = choice.selectedOptions[0].dataset.text ?? "";
    count();
    box.focus();
  });
}
