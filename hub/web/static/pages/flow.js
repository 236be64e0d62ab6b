// The page of a call flow: after a row was added or moved, the focus stays there.

const form = document.querySelector("[data-focus]");
document.getElementById(form?.dataset.focus ?? "")?.focus();
