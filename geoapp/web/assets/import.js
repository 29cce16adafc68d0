/** One upload from check to acceptance: polls its state, shows findings, sends choices back. */
import { el, fetchJson, formatNumber } from "./page.js";

const POLL_MS = 400;
const SHOWN_FINDINGS = 300;
const SHOWN_CHANGES = 50;
const SEVERITIES = { error: "错误", warning: "警告", note: "说明" };

const page = document.getElementById("import-page");
const address = `/imports/${page.dataset.upload}`;
const progressBox = document.getElementById("import-progress");
const errorBox = document.getElementById("import-error");
const resultBox = document.getElementById("import-result");
const retryBox = document.getElementById("import-retry");
const doneBox = document.getElementById("import-done");
const acceptForm = document.getElementById("accept-form");

let staged = null;
let map = null;
let shapes = null;
let views = {};

function show(box, isShown) {
  box.hidden = !isShown;
}

function refuse(message) {
  errorBox.textContent = message;
  show(errorBox, Boolean(message));
}

async function poll() {
  let state;
  try {
    state = await fetchJson(`${address}.json`);
  } catch (error) {
    refuse(error.message);
    return;
  }
  const isBusy = state.state === "staging" || state.state === "accepting";
  show(progressBox, isBusy);
  progressBox.querySelector("progress").value = state.progress;
  progressBox.querySelector("span").textContent = state.step;
  refuse(state.error);
  if (isBusy) {
    setTimeout(poll, POLL_MS);
    return;
  }
  if (state.state === "accepted") showDone(state);
  else if (state.staged) showStaged(state.staged);
  else showFailed(state.options);
}

async function send(path, body) {
  refuse("");
  show(progressBox, true);
  try {
    await fetchJson(address + path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    await poll();
  } catch (error) {
    show(progressBox, false);
    refuse(error.message);
  }
}

function showDone(state) {
  show(resultBox, false);
  show(doneBox, true);
  doneBox.replaceChildren(
    el("p", {}, state.done.message),
    el("p", {}, el("a", { href: state.done.map_address }, "在地图上查看"), "　", el("a", { href: "/statistics" }, "看分区统计"), "　", el("a", { href: "/imports" }, "继续导入")),
  );
}

/** The choices so far with one changed: the server stages again with them. */
function choose(change) {
  const options = { ...staged.options, ...change };
  return send("/options", options);
}

/** A file that could not be read may be readable with another encoding or system. */
function showFailed(options) {
  staged = { options };
  show(resultBox, false);
  show(retryBox, true);
  retryBox.replaceChildren(optionsForm([], "换一种读法："), el("p", {}, el("a", { href: "/imports" }, "另选文件上传")));
}

function showStaged(answer) {
  staged = answer;
  show(retryBox, false);
  show(resultBox, true);
  showSummary();
  showQuestions();
  showFixes();
  showFindings();
  showMatching();
  showMap();
  showPreview();
  showChanges();
  showAccept();
}

function showSummary() {
  const counts = { error: 0, warning: 0, note: 0, ...staged.severity_counts };
  const parts = [
    ["", `${staged.format}`],
    ["", `${formatNumber(staged.record_count, 0)} 条记录`],
    staged.encoding ? ["", `编码 ${staged.encoding}`] : null,
    [counts.error ? "is-error" : "is-good", counts.error ? `${counts.error} 个错误` : "没有错误"],
    counts.warning ? ["", `${counts.warning} 个警告`] : null,
    staged.summary ? ["", `新增 ${staged.summary.new}，修改 ${staged.summary.changed}，不变 ${staged.summary.unchanged}，台账中有而文件中没有 ${staged.summary.gone}`] : null,
  ];
  document.getElementById("import-summary").replaceChildren(...parts.filter(Boolean).map(([kind, words]) => el("span", { class: kind }, words)));
}

/** What the file does not say itself and only the user knows. */
function optionsForm(layers, words) {
  const options = staged.options;
  const encodings = [["", "自动"], ["gb18030", "GBK / GB18030"], ["utf-8", "UTF-8"], ["utf-16", "UTF-16"]];
  const layerInput = layers.length > 1
    ? el("select", { name: "layer" }, ...layers.map((name) => el("option", { value: name, selected: name === (options.layer ?? staged.layer) }, name)))
    : null;
  const form = el("form", { class: "options-form" },
    el("strong", {}, words),
    el("label", {}, "坐标系 ", el("input", { name: "crs", value: options.crs ?? "", placeholder: "EPSG 号，如 4549", size: 16 })),
    el("label", {}, "文字编码 ", el("select", { name: "encoding" }, ...encodings.map(([value, shown]) => el("option", { value, selected: value === (options.encoding ?? "") }, shown)))),
    layerInput ? el("label", {}, "图层 ", layerInput) : null,
    el("button", { class: "button", type: "submit" }, "重新检查"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = Object.fromEntries(new FormData(form));
    choose({ crs: chosen.crs || null, encoding: chosen.encoding || null, layer: chosen.layer ?? options.layer ?? null });
  });
  return form;
}

function showQuestions() {
  const box = document.getElementById("import-questions");
  if (staged.needs.length) box.replaceChildren(optionsForm(staged.layers, "需要您说明："));
  else box.replaceChildren(el("details", {}, el("summary", {}, "识别得不对？改坐标系、编码或图层"), optionsForm(staged.layers, "")));
}

function showFixes() {
  const box = document.getElementById("import-fixes");
  if (!staged.fixes.length) {
    box.replaceChildren();
    return;
  }
  const row = (fix, offer) => {
    const fixes = new Set(staged.options.fixes);
    const button = el("button", { class: "button", type: "button", "data-fix": fix.id, onclick: () => {
      if (fix.applied) fixes.delete(fix.id);
      else fixes.add(fix.id);
      choose({ fixes: [...fixes] });
    } }, fix.applied ? "撤销" : offer);
    return el("div", {}, button, el("span", {}, `${fix.applied ? `已${offer}：` : ""}${fix.label}${fix.count ? `（${fix.count} 处）` : ""}`));
  };
  const list = (words, fixes, offer) => (fixes.length ? el("div", { class: "fix-list" }, el("strong", {}, words), ...fixes.map((fix) => row(fix, offer))) : null);
  // Another unit is no repair: taken without need it makes every area wrong.
  const isUnit = (fix) => fix.id.startsWith("unit:");
  box.replaceChildren(...[
    list("一键修复", staged.fixes.filter((fix) => !isUnit(fix)), "修复"),
    list("面积单位识别得不对时才改用", staged.fixes.filter(isUnit), "改用"),
  ].filter(Boolean));
}

function showFindings() {
  const table = document.getElementById("import-findings");
  const more = document.getElementById("findings-more");
  if (!staged.issues.length) {
    table.replaceChildren(el("tbody", {}, el("tr", {}, el("td", {}, "没有发现问题。"))));
    more.textContent = "";
    return;
  }
  const head = el("thead", {}, el("tr", {}, ...["程度", "行", "编号", "字段", "值", "问题", "怎么办"].map((words) => el("th", {}, words))));
  const rows = staged.issues.slice(0, SHOWN_FINDINGS).map((issue) => el("tr", {},
    el("td", {}, el("span", { class: `severity severity-${issue.severity}` }, SEVERITIES[issue.severity])),
    el("td", {}, issue.row === null ? "" : String(issue.row)),
    el("td", { class: "key" }, issue.key ?? ""),
    el("td", {}, issue.field ?? ""),
    el("td", { class: "wrap" }, issue.value ?? ""),
    el("td", {}, issue.message),
    el("td", {}, issue.advice)));
  table.replaceChildren(head, el("tbody", {}, ...rows));
  const left = staged.issue_count - rows.length;
  more.textContent = left > 0 ? `还有 ${left} 条，都写在改正文件的“问题”列里。` : "";
  document.getElementById("corrected-file").href = `${address}/corrected`;
}

function showMatching() {
  const table = document.getElementById("import-matching");
  const head = el("thead", {}, el("tr", {}, ...["文件里的列", "示例", "对应的字段", "依据", "单位"].map((words) => el("th", {}, words))));
  const rows = staged.columns.map((column) => {
    const choices = [el("option", { value: "" }, "（不导入）"), ...staged.fields.map((field) => el("option", { value: field.name, selected: field.name === column.field }, field.label))];
    const select = el("select", { "aria-label": `列“${column.header}”对应的字段`, onchange: (event) => choose({ columns: { ...staged.options.columns, [column.header]: event.target.value } }) }, ...choices);
    return el("tr", {}, el("td", { class: "wrap" }, column.header), el("td", { class: "wrap" }, column.sample), el("td", {}, select), el("td", {}, column.how), el("td", {}, column.unit_label));
  });
  table.replaceChildren(head, el("tbody", {}, ...rows));
}

function showMap() {
  const box = document.getElementById("import-map");
  document.getElementById("import-crs").textContent = staged.crs || "文件里没有图形，按编号与台账里已有的记录对应。";
  shapes?.remove();
  box.hidden = !staged.geometry;
  document.getElementById("import-map-tools").hidden = !staged.geometry;
  if (!staged.geometry) return;
  if (!map) {
    map = L.map(box, { attributionControl: false, preferCanvas: true, zoomSnap: 0.25 });
    L.control.scale({ imperial: false }).addTo(map);
  }
  const district = L.geoJSON(staged.district, { style: { color: "#55616f", weight: 1.5, fillColor: "#e3ecf5", fillOpacity: 0.6 }, interactive: false });
  const incoming = L.geoJSON(staged.geometry, {
    style: { color: "#b3261e", weight: 1.5, fillColor: "#e46c0a", fillOpacity: 0.5 },
    pointToLayer: (feature, place) => L.circleMarker(place, { radius: 5 }),
  });
  // A ring of fixed size on the screen: a few plots are a speck on a map of the whole district.
  const place = incoming.getLayers().length
    ? L.circleMarker(incoming.getBounds().getCenter(), { radius: 16, color: "#b3261e", weight: 2, fill: false, interactive: false })
    : null;
  shapes = L.featureGroup([district, incoming, place].filter(Boolean)).addTo(map);
  views = { near: incoming.getBounds(), district: L.latLngBounds([]).extend(district.getBounds()).extend(incoming.getBounds()) };
  look("near");
}

/** Show the shapes themselves, or where in the district they lie. */
function look(view) {
  const bounds = views[view]?.isValid() ? views[view] : views.district;
  if (bounds?.isValid()) map.fitBounds(bounds.pad(view === "near" ? 0.3 : 0.03), { animate: false });
}

function showPreview() {
  const table = document.getElementById("import-preview");
  table.replaceChildren(
    el("thead", {}, el("tr", {}, ...staged.preview.columns.map((words) => el("th", {}, words)))),
    el("tbody", {}, ...staged.preview.rows.map((row) => el("tr", {}, ...row.map((value) => el("td", {}, value ?? ""))))));
}

function keyList(words, keys, count, kind) {
  if (!count) return null;
  const left = count > SHOWN_CHANGES ? ` 等 ${count} 条` : "";
  return el("p", { class: kind }, el("strong", {}, `${words}：`), keys.slice(0, SHOWN_CHANGES).join("、") + left);
}

function showChanges() {
  const box = document.getElementById("import-changes");
  const changes = staged.changes;
  if (!changes) {
    box.replaceChildren(el("p", { class: "hint" }, "改正错误之后才能比较。"));
    return;
  }
  const rows = changes.changed.slice(0, SHOWN_CHANGES).map((record) => el("tr", {}, el("td", {}, record.key), el("td", {}, ...record.fields.flatMap((field) => [`${field.label}：${field.old} → ${field.new}`, el("br")]))));
  box.replaceChildren(...[
    keyList("新增", changes.new, staged.summary.new, ""),
    rows.length ? el("table", { class: "figures" }, el("thead", {}, el("tr", {}, el("th", {}, "修改的记录"), el("th", {}, "原值 → 新值"))), el("tbody", {}, ...rows)) : null,
    keyList("台账中有而文件中没有", changes.gone, staged.summary.gone, "gone"),
    staged.summary.new + staged.summary.changed + staged.summary.gone === 0 ? el("p", {}, "与台账现有内容完全相同，没有变化。") : null,
  ].filter(Boolean));
}

function showAccept() {
  const button = document.getElementById("accept-button");
  const hint = document.getElementById("accept-hint");
  button.disabled = !staged.acceptable;
  hint.textContent = staged.acceptable ? "接受后写入一个修订，随时可以查到原来的内容。" : "还有错误：请先一键修复、改正对应关系，或改正文件后重新上传。";
  const gone = staged.summary?.gone ?? 0;
  const label = document.getElementById("remove-missing");
  show(label, gone > 0);
  label.querySelector("span").textContent = `同时把文件中没有的 ${gone} 条从台账移除（历史仍保留）`;
}

acceptForm.addEventListener("submit", (event) => {
  event.preventDefault();
  const chosen = Object.fromEntries(new FormData(acceptForm));
  if (!acceptForm.elements.user.readOnly) localStorage.setItem("geoapp.user", chosen.user);
  send("/accept", { ...chosen, remove_missing: chosen.remove_missing === "1" });
});
document.getElementById("discard-button").addEventListener("click", async () => {
  try {
    await fetchJson(`${address}/discard`, { method: "POST" });
    location.assign("/imports");
  } catch (error) {
    refuse(error.message);
  }
});
for (const button of document.querySelectorAll("#import-map-tools button")) {
  button.addEventListener("click", () => look(button.dataset.view));
}
if (!acceptForm.elements.user.readOnly) acceptForm.elements.user.value = localStorage.getItem("geoapp.user") ?? "";
poll();
