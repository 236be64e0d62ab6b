// The editor of config.yaml: CodeMirror over the form's textarea, the server's check at each line, completion from the schema.

const place = document.querySelector("[data-editor]");
const area = place.querySelector("textarea");
const form = area.form;
const cm = await import(place.dataset.codemirror);
let schema = null;
fetch(place.dataset.schema).then((answer) => (answer.ok ? answer.json() : null)).then((found) => (schema = found));

// The server checks; the problems, the list and the comparison come back together.

async function check(view) {
  const text = view.state.doc.toString();
  const body = new URLSearchParams({ text, base: form.elements.base.value });
  const answer = await fetch(place.dataset.check, { method: "POST", body });
  if (!answer.ok || text !== view.state.doc.toString()) return [];
  const found = await answer.json();
  if (text !== started || document.getElementById("review").dataset.checked) {
    document.getElementById("review").innerHTML = found.review;
    document.getElementById("review").dataset.checked = "true";
    document.getElementById("problems").innerHTML = found.list;
  }
  return found.problems.map((problem) => {
    const line = view.state.doc.line(Math.min(Math.max(problem.line ?? 1, 1), view.state.doc.lines));
    const indent = line.text.length - line.text.trimStart().length;
    const message = problem.path ? `${problem.text} (${problem.path})` : problem.text;
    return { from: line.from + indent, to: Math.max(line.to, line.from + indent), severity: "error", message };
  });
}

// Where in the tree a line is: the keys above it that are indented less. Text in braces is not completed.

function keyOf(text) {
  return /^\s*(?:- )*\s*(?:"([^"]*)"|'([^']*)'|([^\s#:'"[{][^:#]*?))\s*:(?:\s|$)/.exec(text)?.slice(1).find(Boolean);
}

function depth(text) {
  return /^[\s-]*/.exec(text.replace(/^(\s*(?:- )*).*/, "$1"))[0].length;
}

function above(doc, number, indent) {
  const path = [];
  for (let n = number; n >= 1 && indent > 0; n--) {
    const text = doc.line(n).text;
    if (!text.trim() || text.trim().startsWith("#")) continue;
    const column = depth(text);
    if (n < number && keyOf(text) && column < indent) {
      path.unshift({ key: keyOf(text), line: n });
      indent = column;
    }
    const dash = /^\s*- /.test(text) ? text.indexOf("-") : indent;
    if (dash < indent && column <= Math.max(indent, column * (n === number))) indent = dash + 1;
  }
  return path;
}

function siblings(doc, number, indent) {
  const found = {};
  for (const step of [-1, 1]) {
    for (let n = step < 0 ? number : number + 1; n >= 1 && n <= doc.lines; n += step) {
      const text = doc.line(n).text;
      if (!text.trim()) continue;
      const inner = depth(text);
      if (step > 0 && /^\s*- /.test(text) && inner <= indent) break;
      if (inner < indent) break;
      if (inner === indent && keyOf(text)) found[keyOf(text)] = text.slice(text.indexOf(":") + 1).trim().replace(/["']/g, "");
      if (step < 0 && /^\s*- /.test(text) && inner === indent) break;
    }
  }
  return found;
}

// The parts of the schema that apply at a place.

function parts(node, beside) {
  if (!node || typeof node !== "object") return [];
  if (node.$ref) return parts(node.$ref.slice(2).split("/").reduce((at, step) => at?.[step], schema), beside);
  const found = [node];
  for (const each of [...(node.anyOf ?? []), ...(node.oneOf ?? [])]) found.push(...parts(each, beside));
  for (const each of node.allOf ?? []) {
    const wanted = Object.entries(each.if?.properties ?? {});
    if (!each.if) found.push(...parts(each, beside));
    else if (wanted.every(([key, value]) => beside[key] === String(value.const))) found.push(...parts(each.then, beside));
  }
  return found.flatMap((each) => (each.items ? [each, ...parts(each.items, beside)] : [each])).filter((each) => {
    const kind = each.properties?.do?.const ?? each.properties?.do?.enum?.[0];
    return !kind || !beside.do || kind === beside.do;
  });
}

function schemaAt(doc, number, indent) {
  let nodes = parts(schema, {});
  const path = above(doc, number, indent);
  path.forEach((step, index) => {
    const next = path[index + 1];
    const beside = next ? siblings(doc, next.line, depth(doc.line(next.line).text)) : siblings(doc, number, indent);
    nodes = nodes.flatMap((node) => parts(node.properties?.[step.key] ?? node.additionalProperties, beside));
  });
  return nodes;
}

function said(node) {
  const whole = parts(node, {});
  const kind = whole.map((each) => each.type).find((each) => typeof each === "string" && each !== "null");
  const about = node.description ?? whole.map((each) => each.description).find(Boolean) ?? "";
  const left = node.default === undefined || node.default === null ? "" : ` ${JSON.stringify(node.default)} if left out.`;
  return [kind, about + left].filter(Boolean).join(". ");
}

function complete(context) {
  if (!schema) return null;
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const value = /^(\s*(?:- )*)([\w-]+):\s+("?)([\w.-]*)$/.exec(before);
  const word = /^(\s*(?:- )*)([\w-]*)$/.exec(before);
  if ((!value && !word) || (!context.explicit && word && !word[2])) return null;
  const indent = (value ?? word)[1].length;
  const nodes = schemaAt(context.state.doc, line.number, indent);
  if (value) {
    const wanted = nodes.flatMap((node) => parts(node.properties?.[value[2]], {}));
    const words = wanted.flatMap((node) => node.enum ?? (node.const ? [node.const] : node.type === "boolean" ? [true, false] : []));
    return { from: context.pos - value[4].length, options: [...new Set(words.map(String))].map((label) => ({ label, type: "enum" })) };
  }
  const there = siblings(context.state.doc, line.number, indent);
  const options = new Map();
  for (const [key, node] of nodes.flatMap((each) => Object.entries(each.properties ?? {}))) {
    if (!(key in there) || key === word[2]) options.set(key, { label: key, apply: `${key}: `, type: "property", info: said(node) || undefined });
  }
  return { from: context.pos - word[2].length, options: [...options.values()] };
}

// The editor itself.

const tags = cm.tags;
const colors = cm.HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--good-strong, var(--good))" },
  { tag: tags.comment, color: "var(--muted)" },
]);
const theme = cm.EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--surface)", maxHeight: "75vh" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { font: "13px/1.62 var(--mono)", overflow: "auto" },
  ".cm-content": { caretColor: "var(--accent)" },
  ".cm-cursor": { borderLeftColor: "var(--accent)" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--muted)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--accent-weak)" },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--bg)", color: "var(--ink)", border: "1px solid var(--edge)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionInfo": { maxWidth: "44ch" },
});
const started = area.value;
const view = new cm.EditorView({
  parent: place,
  state: cm.EditorState.create({
    doc: area.value,
    extensions: [
      cm.EditorView.cspNonce.of(document.querySelector("script[nonce]").nonce),
      cm.lineNumbers(), cm.lintGutter(), cm.history(), cm.drawSelection(), cm.highlightActiveLine(), cm.highlightActiveLineGutter(),
      cm.indentOnInput(), cm.indentUnit.of("  "), cm.yaml(), cm.syntaxHighlighting(colors), theme,
      cm.autocompletion({ override: [complete], icons: false }),
      cm.linter(check, { delay: 600 }),
      cm.EditorView.contentAttributes.of({ "aria-label": "config.yaml", tabindex: "0", "aria-describedby": "problems" }),
      cm.keymap.of([...cm.completionKeymap, ...cm.lintKeymap, ...cm.searchKeymap, ...cm.historyKeymap, ...cm.defaultKeymap]),
      cm.keymap.of([{ key: "Tab", run: cm.indentMore, shift: cm.indentLess }]),
      cm.EditorView.updateListener.of((update) => update.docChanged && (area.value = update.state.doc.toString())),
    ],
  }),
});
area.hidden = true;
document.querySelector("[data-keys]").hidden = false;

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-line]");
  if (!link) return;
  event.preventDefault();
  const line = view.state.doc.line(Math.min(Number(link.dataset.line), view.state.doc.lines));
  view.dispatch({ selection: { anchor: line.from }, effects: cm.EditorView.scrollIntoView(line.from, { y: "center" }) });
  view.focus();
});
