/** The projects' charts: all projects on one time line, one project's stages planned and done, the funnel. */

const COLORS = { green: "#1b7f4d", yellow: "#c79100", red: "#b3261e", grey: "#8a94a0" };
const DAY_MS = 86_400_000;
const ROW_PX = 26;
const ROOM_PX = 84;
const PLANNED = "#b7c9dc";
const DONE = "#1f4e79";
const LATE = "#b3261e";

const read = (id) => { const node = document.getElementById(id); return node ? JSON.parse(node.textContent) : null; };
const dayText = (day) => new Date(day * DAY_MS).toISOString().slice(0, 10);
const todayNumber = (text) => Math.floor(Date.parse(`${text}T00:00:00Z`) / DAY_MS);

function draw(id, rowCount, option) {
  const node = document.getElementById(id);
  node.style.height = `${ROOM_PX + ROW_PX * rowCount}px`;
  const chart = echarts.init(node, null, { renderer: "canvas" });
  chart.setOption({ animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily }, ...option });
  window.addEventListener("resize", () => chart.resize());
  return chart;
}

/** An axis of days counted from an origin. */
const timeAxis = (values, origin) => ({ type: "value", min: Math.min(...values) - 20, max: Math.max(...values) + 20, position: "top", axisLabel: { formatter: (day) => dayText(day + origin).slice(0, 7), hideOverlap: true } });
const nameAxis = (names) => ({ type: "category", inverse: true, data: names, axisLabel: { width: 190, overflow: "truncate", interval: 0 } });
const gap = (data) => ({ type: "bar", stack: "one", silent: true, itemStyle: { color: "transparent" }, data, barWidth: 14 });
const todayLine = (today) => ({ symbol: "none", silent: true, lineStyle: { color: "#000", type: "solid" }, label: { formatter: "今天", position: "end" }, data: [{ xAxis: today }] });

/** One row per project: its parts lie stacked after a gap that nobody sees. */
function drawAll({ rows, today }) {
  const node = document.getElementById("gantt-all");
  if (!rows.length) { node.textContent = "没有可以画的日期。"; node.removeAttribute("role"); return; }
  const day = todayNumber(today);
  const most = Math.max(...rows.map(({ parts }) => parts.length));
  const origin = Math.min(day, ...rows.map(({ parts }) => parts[0].from));
  const series = [gap(rows.map(({ parts }) => parts[0].from - origin))];
  for (let place = 0; place < most; place += 1) {
    series.push({ type: "bar", stack: "one", data: rows.map(({ parts, light }) => {
      const part = parts[place];
      return part ? { value: part.to - part.from, part, itemStyle: { color: part.is_done ? COLORS[light] : PLANNED, borderColor: "#fff", borderWidth: 1 } } : 0;
    }) });
  }
  series[0].markLine = todayLine(day - origin);
  const ends = rows.map(({ parts }) => parts.at(-1).to - origin);
  const axis = timeAxis([0, day - origin, ...ends], origin);
  const chart = draw("gantt-all", rows.length, {
    grid: { left: 205, right: 30, top: 40, bottom: 24 },
    tooltip: { renderMode: "richText", formatter: ({ name, data }) => (data?.part ? `${name}\n${data.part.words}\n${dayText(data.part.from)} 至 ${dayText(data.part.to)}` : name) },
    xAxis: axis, yAxis: nameAxis(rows.map(({ name }) => name)), series,
  });
  chart.on("click", ({ dataIndex }) => location.assign(`/projects/${encodeURIComponent(rows[dataIndex].code)}`));
}

/** Two bars for each stage, planned above done. */
function drawOne(rows) {
  const node = document.getElementById("gantt-one");
  if (!rows.length) { node.textContent = "没有计划日期，也没有实际日期。"; node.removeAttribute("role"); return; }
  const days = rows.flatMap(({ planned, actual, today }) => [...(planned ?? []), ...(actual ?? []), today]);
  const origin = Math.min(...days);
  const pair = (kind, color) => [
    { ...gap(rows.map((row) => (row[kind] ? row[kind][0] - origin : 0))), stack: kind, barWidth: 9 },
    { type: "bar", name: kind === "planned" ? "计划" : "实际", stack: kind, barWidth: 9, itemStyle: { color }, data: rows.map((row) => (row[kind] ? { value: row[kind][1] - row[kind][0], bar: row[kind], itemStyle: { color: kind === "actual" && row.is_late ? LATE : color } } : 0)) },
  ];
  const series = [...pair("planned", PLANNED), ...pair("actual", DONE)];
  series[0].markLine = todayLine(rows[0].today - origin);
  const axis = timeAxis(days.map((day) => day - origin), origin);
  draw("gantt-one", rows.length, {
    grid: { left: 150, right: 30, top: 60, bottom: 24 }, legend: { data: ["计划", "实际"], top: 4 },
    tooltip: { renderMode: "richText", formatter: ({ name, seriesName, data }) => (data?.bar ? `${name}（${seriesName}）\n${dayText(data.bar[0])} 至 ${dayText(data.bar[1])}` : name) },
    xAxis: axis, yAxis: nameAxis(rows.map(({ name }) => name)), series,
  });
}

function drawFunnel(rows, words) {
  draw("funnel", rows.length, {
    grid: { left: 205, right: 60, top: 30, bottom: 30 }, legend: { data: ["到达过", "现在这个阶段"], top: 0 },
    tooltip: { renderMode: "richText", trigger: "axis", axisPointer: { type: "shadow" } },
    xAxis: { type: "value", minInterval: 1 }, yAxis: nameAxis(rows.map(({ stage }) => words[stage])),
    series: [
      { type: "bar", name: "到达过", barGap: "-100%", barWidth: 16, itemStyle: { color: PLANNED }, label: { show: true, position: "right" }, data: rows.map((row) => row.reached_count) },
      { type: "bar", name: "现在这个阶段", barWidth: 16, itemStyle: { color: DONE }, data: rows.map((row) => row.here_count) },
    ],
  });
}

for (const input of document.querySelectorAll(".file-choice input")) {
  const shown = input.closest(".file-choice").querySelector(".file-chosen");
  const show = () => { shown.textContent = [...input.files].map(({ name }) => name).join("、") || "没有选文件"; };
  input.addEventListener("change", show);
  if (input.files.length) show(); // chosen while the page was still loading
}
if (document.getElementById("gantt-all")) drawAll(read("gantt-data"));
if (document.getElementById("gantt-one")) drawOne(read("gantt-one-data"));
if (document.getElementById("funnel")) drawFunnel(read("funnel-data"), read("stage-words"));

/** The document of the chosen stage is called by its own name. */
const stages = document.querySelector("#stage-form select[name=stage]");
if (stages) {
  const label = document.querySelector("[data-document-label]");
  const usual = label.textContent;
  const showName = () => { label.textContent = stages.selectedOptions[0]?.dataset.document ?? usual; };
  stages.addEventListener("change", showName);
  showName();
}
