/** The form of a what-if: what a mode has no use for is greyed out, and empty fields stay out of the address. */

const form = document.getElementById("whatif-form");
const mode = form.elements.namedItem("mode");
const far = form.elements.namedItem("far");
const demolish = form.elements.namedItem("demolish");
const word = document.getElementById("demolish-word");
const buildings = document.getElementById("buildings");
const hint = form.querySelector("[data-mode-hint]");

const has = (list, code) => (form.dataset[list] ?? "").split(" ").includes(code);

function onMode() {
  const code = mode.value;
  far.disabled = Boolean(code) && !has("building", code);
  far.required = has("farRequired", code);
  word.disabled = has("clearing", code);
  if (!code) hint.textContent = "拆除重建、加层扩建要给目标容积率。";
  else if (far.required) hint.textContent = "要给出目标容积率。";
  else if (far.disabled) hint.textContent = has("clearing", code) ? "改造后地块上没有建筑。" : "不新建、不加建。";
  else hint.textContent = "有加建时给出目标容积率，没有则不填。";
}

function onDemolish() {
  buildings.hidden = word.value !== "some";
  demolish.value = word.value === "some" ? pickedBuildings().join(",") : word.value;
}

function pickedBuildings() {
  return [...buildings.querySelectorAll("input:checked")].map((box) => box.value);
}

/** A field left empty, or without use for the mode, is no parameter. */
function onSubmit() {
  if (!word.disabled) onDemolish();
  else demolish.value = "";
  const empty = [...form.elements].filter((field) => field.name && !field.value);
  for (const field of empty) field.disabled = true;
  setTimeout(() => { for (const field of empty) field.disabled = false; onMode(); });
}

mode.addEventListener("change", onMode);
word.addEventListener("change", onDemolish);
buildings.addEventListener("change", onDemolish);
form.addEventListener("submit", onSubmit);
onMode();
