/** Kept what-ifs: which ones stand side by side, and a question before one is deleted. */

const form = document.getElementById("scenario-form");

function onChoice() {
  const boxes = [...form.querySelectorAll("input[type=checkbox]")];
  const chosen = boxes.filter((box) => box.checked);
  const isFull = chosen.length >= Number(form.dataset.most);
  for (const box of boxes) box.disabled = isFull && !box.checked;
  form.elements.namedItem("ids").value = chosen.map((box) => box.value).join(",");
}

if (form) {
  form.addEventListener("change", onChoice);
  onChoice();
}
for (const deletion of document.querySelectorAll("form[data-confirm]")) {
  deletion.addEventListener("submit", (event) => {
    if (!window.confirm(deletion.dataset.confirm)) event.preventDefault();
  });
}
