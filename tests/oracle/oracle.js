// Answers one JSON question per line with what the real client's own code makes of it.
// Started in a folder with node_modules; each version's bundle is evaluated in a jsdom window
// of its own, with its inner names (Rendered, serializeForm) handed out.
"use strict";
const fs = require("fs");
const path = require("path");
const { createRequire } = require("module");

const folder = process.argv[2];
const { JSDOM } = createRequire(path.join(folder, "package.json"))("jsdom");
const clients = {};

function clientOf(version) {
  if (!clients[version]) {
    const { window } = new JSDOM("<body></body>", { runScripts: "outside-only" });
    window.CSS = { escape: (text) => text.replace(/([^\w-])/g, "\\$1"), supports: () => false };
    // jsdom lays nothing out, so it has none.
    Object.defineProperty(window.HTMLElement.prototype, "innerText", {
      get() { return this.textContent; },
      set(text) { this.textContent = text; },
    });
    const file = path.join(folder, "node_modules", `lv-${version}`, "priv/static/phoenix_live_view.cjs.js");
    const inner = `{Rendered, View, DOM: dom_default,
      serializeForm: typeof serializeForm === "undefined" ? null : serializeForm}`;
    const source = fs.readFileSync(file, "utf8").replace(/\/\/# sourceMappingURL.*/, "");
    clients[version] = window.eval(
      `(() => { const module = {exports: {}}, exports = module.exports;\n${source}\nreturn ${inner}; })()`,
    );
    clients[version].document = window.document;
    clients[version].parse = (json) => window.JSON.parse(json);
  }
  return clients[version];
}

// The whole view's HTML, with nothing skipped for having stayed the same.
function htmlOf(rendered) {
  const tree = rendered.rendered;
  for (const component of Object.values(tree.c || {})) component.reset = true;
  const all = rendered.recursiveToString(tree, tree.c, undefined, false, {}, null);
  return (Array.isArray(all) ? all[0] : all.buffer).toString();
}

const questions = {
  // {initial, diffs, view} -> the HTML after each.
  rendered({ version, initial: first, diffs: later, view }) {
    const { Rendered, parse } = clientOf(version);
    // Made in the window: to its code, an Array of another realm is none.
    const [initial, diffs] = [first, later].map((each) => parse(JSON.stringify(each)));
    const rendered = new Rendered(view, Rendered.extract(initial).diff);
    const html = [htmlOf(rendered)];
    for (const diff of diffs) {
      rendered.mergeDiff(Rendered.extract(diff).diff);
      html.push(htmlOf(rendered));
    }
    return html;
  },
  // {initial, patches: {diff, cids: of components that are patched alone, else null}, view}
  // -> the HTML that each patch is made of.
  skips({ version, initial: first, patches, view }) {
    const { Rendered, parse } = clientOf(version);
    const within = (value) => parse(JSON.stringify(value));
    const rendered = new Rendered(view, Rendered.extract(within(first)).diff);
    const told = (all) => (Array.isArray(all) ? all[0] : all.buffer).toString();
    rendered.toString(null);
    return patches.map(({ diff: json, cids }) => {
      const { diff } = Rendered.extract(within(json));
      rendered.mergeDiff(diff);
      return cids
        ? cids.map((cid) => told(rendered.componentToString(cid))).join("")
        : told(rendered.toString(rendered.componentCIDs(diff)));
    });
  },
  // {html} -> as a browser writes it down.
  parsed({ version, html }) {
    const template = clientOf(version).document.createElement("template");
    template.innerHTML = html;
    return template.innerHTML;
  },
  // {html, used, typed, checked, submitter, only} -> the form's value.
  form({ version, html, used, typed, checked, submitter, only }) {
    const { View, DOM, serializeForm, document } = clientOf(version);
    document.body.innerHTML = html;
    const one = (id) => document.getElementById(id);
    for (const [id, value] of Object.entries(typed)) one(id).value = value;
    for (const [id, value] of Object.entries(checked)) one(id).checked = value;
    for (const id of used) DOM.putPrivate(one(id), "phx-has-focused", true);
    const options = submitter ? { submitter: one(submitter) } : {};
    const form = document.querySelector("form");
    if (serializeForm) return serializeForm(form, options, only);
    const view = { binding: (kind) => `phx-${kind}` };
    return View.prototype.serializeForm.call(view, form, options, only);
  },
  // {html, typed} -> the value of the form that is kept for recovery.
  recovered({ version, html, typed }) {
    const { View, serializeForm, document } = clientOf(version);
    document.body.innerHTML = `<div id="lv">${html}</div>`;
    const one = (id) => document.getElementById(id);
    for (const [id, value] of Object.entries(typed)) one(id).value = value;
    const view = Object.create(View.prototype);
    Object.assign(view, { el: one("lv"), id: "lv", joinCount: 1, binding: (kind) => `phx-${kind}` });
    const { f: form } = view.getFormsForRecovery();
    return serializeForm ? serializeForm(form, {}, []) : view.serializeForm(form, {}, []);
  },
  // {html, view, log: what is pushed, or the number of what is answered} -> the body's HTML.
  waiting({ version, html, view: id, log }) {
    const { View, document } = clientOf(version);
    document.body.innerHTML = html;
    const one = (id) => document.getElementById(id);
    const view = Object.create(View.prototype);
    const el = document.createElement("div");
    el.id = id;
    Object.assign(view, { el, id, ref: 0, isConnected: () => true, binding: (kind) => `phx-${kind}` });
    const put = (elements, kind, options) => {
      if (version === "0.20") view.putRef(elements, kind, options);
      else view.putRef(elements.map((el) => ({ el, loading: true, lock: true })), "event", kind, options);
    };
    for (const entry of log) {
      if (typeof entry === "number") {
        view.undoRefs(entry, "event");
        continue;
      }
      const source = one(entry.source);
      const options = entry.loading ? { loading: entry.loading } : {};
      if (entry.kind === "submit") {
        Object.assign(options, { form: source, submitter: entry.submitter && one(entry.submitter) });
        if (version === "0.20") view.disableForm(source, options);
        else view.disableForm(source, "event", options);
      } else {
        put(entry.kind === "change" ? [source, source.form] : [source], entry.kind, options);
      }
    }
    return document.body.innerHTML;
  },
};

require("readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => {
    const question = JSON.parse(line);
    let answer;
    try {
      answer = { is: questions[question.kind](question) };
    } catch (error) {
      answer = { failed: String(error.stack) };
    }
    process.stdout.write(JSON.stringify(answer) + "\n");
  });
