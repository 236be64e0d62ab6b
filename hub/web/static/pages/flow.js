// The page of a call flow: after a row was added or moved, the focus stays there.

const form = document.querySelector("[data-focus]");
document.getElementById(form?.dataset.focus ?? "")?.focus();

// Another kind of step needs another form; the server builds it.
document.getElementById("do")?.addEventListener("change", (event) => {
  const button = event.target.form.querySelector("button[value=save]");
  event.target.form.requestSubmit(button);
});
