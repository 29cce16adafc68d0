/**
 * Proof sheets: land in the unit the reader chose, kept for the next sheet. All texts come from the server.
 */
import { readText, writeText } from "./map/features/storage.js";

const KEY = "geoapp.landUnit";
const UNITS = ["both", "mu", "ha", "m2"];
const choice = document.getElementById("land-units");
const print = document.getElementById("proof-print");

function show(unit) {
  for (const node of document.querySelectorAll(".land")) {
    node.dataset.both ??= node.textContent;
    node.textContent = node.dataset[unit];
  }
}

const kept = readText(KEY);
const chosen = UNITS.includes(kept) ? kept : "both";
choice.querySelector(`input[value="${chosen}"]`).checked = true;
choice.hidden = false;
choice.addEventListener("change", (event) => {
  show(event.target.value);
  writeText(KEY, event.target.value);
});
show(chosen);
print.hidden = false;
print.addEventListener("click", () => window.print());
