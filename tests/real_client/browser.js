// A browser tab without a screen: the page's own scripts run in jsdom, the real client
// connects, and one JSON command per line says what the person does.
"use strict";
const path = require("path");
const { createRequire } = require("module");

const folder = process.argv[2];
const { JSDOM, CookieJar, VirtualConsole } = createRequire(path.join(folder, "package.json"))("jsdom");
const jar = new CookieJar();
let window = null;
let said = []; // what this window's client has sent: texts, "binary " and base64, bodies

const one = (selector) => {
  const element = window.document.querySelector(selector);
  if (!element) throw new Error(`nothing matches ${selector}`);
  return element;
};
const tell = (element, kind, options = {}, Kind = window.Event) =>
  element.dispatchEvent(new Kind(kind, { bubbles: true, cancelable: true, ...options }));
// Leaving a field in which something was typed tells of a change, which jsdom does not.
let typed = null;
const leave = () => {
  if (typed && typed.isConnected) tell(typed, "change");
  typed = null;
  if (window.document.activeElement) window.document.activeElement.blur();
};
const focus = (element) => {
  if (window.document.activeElement === element) return;
  leave();
  element.focus();
};

// What jsdom lacks and the client asks for when it runs in a browser.
function complete(window) {
  window.CSS = window.CSS || {};
  window.CSS.escape = (text) => String(text).replace(/([^\w-])/g, "\\$1");
  window.CSS.supports = () => false;
  window.TextEncoder = TextEncoder;
  window.File.prototype.webkitRelativePath = "";
  window.scrollTo = () => {};
  window.HTMLElement.prototype.scrollIntoView = () => {};
  Object.defineProperty(window.HTMLElement.prototype, "innerText", {
    get() { return this.textContent; },
    set(text) { this.textContent = text; },
  });
  if (!window.Element.prototype.checkVisibility) window.Element.prototype.checkVisibility = () => true;
}

// Keep what the client sends, on either transport.
function overhear(window) {
  const mine = (said = []);
  for (const { prototype } of [window.WebSocket, window.XMLHttpRequest]) {
    const { send } = prototype;
    prototype.send = function (data) {
      if (typeof data === "string") mine.push(data);
      else if (data) mine.push(`binary ${Buffer.from(data).toString("base64")}`);
      return send.call(this, data);
    };
  }
}

// A list of files as a person's choice makes it, which jsdom offers to nobody.
function filesOf(files) {
  const behind = (wrapper) =>
    wrapper[Object.getOwnPropertySymbols(wrapper).find((each) => each.description === "impl")];
  const input = window.document.createElement("input");
  input.type = "file";
  for (const { name, type, content, lastModified } of files) {
    const parts = [new window.Uint8Array(Buffer.from(content, "base64"))];
    behind(input.files).push(behind(new window.File(parts, name, { type, lastModified })));
  }
  return input.files;
}

const commands = {
  // Without websockets the client takes its other transport.
  async open({ url, websockets }) {
    if (window) window.close();
    const options = {
      runScripts: "dangerously",
      resources: "usable",
      pretendToBeVisual: true,
      cookieJar: jar,
      virtualConsole: new VirtualConsole(),
      beforeParse(window) {
        complete(window);
        overhear(window);
        if (!websockets) delete window.WebSocket;
      },
    };
    ({ window } = await JSDOM.fromURL(url, options));
  },
  // A form's POST: jsdom cannot follow it, the cookies it sets are what matters.
  async post({ url, selector, fields }) {
    const body = new URLSearchParams([...new window.FormData(one(selector))]);
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    const headers = { cookie: await jar.getCookieString(url) };
    const answer = await fetch(url, { method: "POST", redirect: "manual", body, headers });
    for (const cookie of answer.headers.getSetCookie()) await jar.setCookie(cookie, url);
    return answer.status;
  },
  click({ selector }) {
    const element = one(selector);
    if (element.matches("input, button, select, textarea")) focus(element);
    else leave();
    tell(element, "mousedown", { detail: 1 }, window.MouseEvent);
    tell(element, "click", { detail: 1 }, window.MouseEvent);
  },
  // Click, and again as soon as the page has changed: faster than any message.
  clickTwice({ selector }) {
    const changed = new window.MutationObserver(() => {
      if (one(selector).classList.contains("phx-click-loading")) return;
      changed.disconnect();
      commands.click({ selector });
    });
    commands.click({ selector });
    changed.observe(window.document.body, { attributes: true, childList: true, subtree: true });
  },
  type({ selector, text }) {
    const element = one(selector);
    focus(element);
    for (const key of text) {
      tell(element, "keydown", { key }, window.KeyboardEvent);
      element.value += key;
      typed = element;
      tell(element, "input");
      tell(element, "keyup", { key }, window.KeyboardEvent);
    }
  },
  key({ selector, key }) {
    const element = selector ? one(selector) : window.document.body;
    if (selector) focus(element);
    tell(element, "keydown", { key }, window.KeyboardEvent);
    tell(element, "keyup", { key }, window.KeyboardEvent);
  },
  set({ selector, values }) {
    const element = one(selector);
    for (const option of element.options) option.selected = values.includes(option.value);
    tell(element, "input");
    tell(element, "change");
  },
  choose({ selector, files }) {
    const element = one(selector);
    focus(element);
    element.files = filesOf(files);
    tell(element, "input");
    tell(element, "change");
  },
  back() {
    window.history.back();
  },
  said: () => said,
  seen() {
    const main = window.document.querySelector("[data-phx-main]");
    return {
      connected: !main || main.classList.contains("phx-connected"),
      title: window.document.title,
      path: window.location.pathname + window.location.search,
      body: window.document.body.innerHTML,
    };
  },
};

require("readline")
  .createInterface({ input: process.stdin })
  .on("line", async (line) => {
    const { kind, ...given } = JSON.parse(line);
    let answer;
    try {
      answer = { is: (await commands[kind](given)) ?? null };
    } catch (error) {
      answer = { failed: String(error.stack) };
    }
    process.stdout.write(JSON.stringify(answer) + "\n");
  });
