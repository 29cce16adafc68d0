/** The form of a record: what is typed stays in the browser until it is stored, whatever becomes of the connection. */

import { readText, writeText } from "./map/features/storage.js";
import { el } from "./page.js";

const KEPT = ["csrf_token", "seen"]; // the page's own: never taken from a draft
const form = document.getElementById("edit-form");
const draftKey = `geoapp.draft.${new URL(form.action).pathname}`;
const part = (name) => document.querySelector(`[data-${name}]`);

/** What stands in the form now. */
function texts() {
  const found = {};
  for (const [name, value] of new FormData(form)) if (!KEPT.includes(name)) found[name] = value;
  return found;
}

function readDraft() {
  try {
    return JSON.parse(readText(draftKey) ?? "null");
  } catch {
    return null;
  }
}

const drop = () => {
  writeText(draftKey, "");
  part("draft").hidden = true;
};
const keep = () => writeText(draftKey, JSON.stringify({ at: Date.now(), version: form.dataset.version, texts: texts() }));

function fill(values) {
  for (const [name, value] of Object.entries(values)) {
    const input = form.elements.namedItem(name);
    if (input && !input.readOnly) input.value = value;
  }
}

/** Offer what was typed here before and never stored. */
function offer() {
  const draft = readDraft();
  const now = texts();
  if (!draft?.texts || !Object.entries(draft.texts).some(([name, value]) => name in now && now[name] !== value)) return;
  const when = new Date(draft.at).toLocaleString("zh-CN");
  const isOlder = draft.version !== form.dataset.version;
  const restore = () => {
    fill(draft.texts);
    part("draft").hidden = true;
  };
  part("draft").replaceChildren(
    el("span", {}, `本机有一份没有保存的草稿（${when}）${isOlder ? "；记录后来改过，恢复后请核对" : ""}。`),
    el("button", { type: "button", class: "button", onclick: restore }, "恢复草稿"),
    el("button", { type: "button", class: "button", onclick: drop }, "丢弃"),
  );
  part("draft").hidden = false;
}

/** Say why nothing was stored; the page stays. */
function say(words) {
  part("problem").textContent = words;
  part("problem").hidden = false;
  part("problem").scrollIntoView({ block: "center" });
  return false;
}

/** Return why a page says that something was not done; empty where it does not say. */
function refusalOf(html) {
  return new DOMParser().parseFromString(html, "text/html").querySelector(".error-message")?.textContent.trim() ?? "";
}

let isStoring = false;

/** Store once, however often the button is pressed: a second time would be refused as somebody else's change. */
async function submit(event) {
  event.preventDefault();
  if (isStoring) return;
  isStoring = true;
  keep();
  try {
    isStoring = await store();
  } catch (error) {
    isStoring = false;
    throw error;
  }
}

/** Send the form; only what the server has acknowledged is taken off the browser. Returns whether the page is left. */
async function store() {
  let response;
  try {
    response = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-Requested-With": "fetch", Accept: "text/html" } });
  } catch {
    return say("连接不上服务器，没有保存。内容已作为草稿留在本机，连上后请再按“保存”。");
  }
  if (response.ok && response.headers.get("Content-Type")?.startsWith("application/json")) {
    drop();
    window.location.assign((await response.json()).address);
    return true;
  }
  const refusal = response.status === 403 || response.status >= 500 ? refusalOf(await response.text()) : "";
  if (refusal && response.status >= 500) return say(`没有保存：${refusal}内容已作为草稿留在本机。`);
  if (refusal) return say(`${refusal}内容已作为草稿留在本机，刷新后可选“恢复草稿”。`);
  if ([401, 403].includes(response.status) || response.redirected) {
    return say("登录或表单已失效，没有保存。内容已作为草稿留在本机：请刷新（必要时重新登录）后选“恢复草稿”。");
  }
  if (response.status >= 500) return say(`服务器没有完成请求（${response.status}），没有保存。内容已作为草稿留在本机。`);
  form.removeEventListener("submit", submit);
  form.submit(); // a refusal: the server's page shows it, with all that was typed
  return true;
}

form.addEventListener("input", keep);
form.addEventListener("submit", submit);
window.addEventListener("pageshow", () => { isStoring = false; }); // come back to by the browser's button
if (!document.querySelector(".edit-conflict, .complaints:not([hidden])")) offer();
