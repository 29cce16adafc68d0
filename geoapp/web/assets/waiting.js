/**
 * Says that a page is on its way when it takes its time, as one does whose figures were not counted yet: a bar under
 * the head with the seconds, until the page has come. Files come without a new page and are left out.
 */
import { el } from "./page.js";

const PATIENCE_MS = 700;
const LONGEST_MS = 180_000;
const FILE = /\.[a-z0-9]{2,8}$/i;
let shown = null;
let timers = [];

function stop() {
  for (const timer of timers) window.clearTimeout(timer);
  timers = [];
  shown?.remove();
  shown = null;
}

function show(started) {
  const seconds = el("span", { "aria-hidden": "true" });
  const tick = () => { seconds.textContent = `已等 ${Math.floor((performance.now() - started) / 1000)} 秒`; };
  shown = el("div", { class: "waiting", role: "status" }, el("span", { class: "waiting-bar" }), "正在处理，请稍候……", seconds);
  document.body.append(shown);
  tick();
  timers.push(window.setInterval(tick, 1000));
}

function wait(address) {
  const isPage = address.origin === window.location.origin && !FILE.test(address.pathname);
  const here = address.pathname + address.search === window.location.pathname + window.location.search;
  if (!isPage || (here && address.hash)) return;
  stop();
  const started = performance.now();
  timers.push(window.setTimeout(() => show(started), PATIENCE_MS), window.setTimeout(stop, LONGEST_MS));
}

// Last of all listeners: what a page answers itself is no way to another page.
window.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const isOther = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (!(link instanceof HTMLAnchorElement) || "file" in link.dataset || isOther || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
  wait(new URL(link.href));
});
window.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.target || form.method === "dialog") return;
  wait(new URL(event.submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? "", window.location.href));
});
window.addEventListener("pagehide", stop);
window.addEventListener("pageshow", stop);
