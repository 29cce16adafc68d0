/** The form of the portfolio: empty fields stay out of the address, and whoever waits is told so. */

const form = document.getElementById("portfolio-form");
const wait = document.getElementById("portfolio-wait");
const button = form.querySelector("button[type=submit]");

function rest(isWaiting) {
  wait.hidden = !isWaiting;
  button.disabled = isWaiting;
}

form.addEventListener("submit", () => {
  const empty = [...form.elements].filter((field) => field.name && !field.value);
  for (const field of empty) field.disabled = true;
  setTimeout(() => {
    for (const field of empty) field.disabled = false;
    rest(true);
  });
});
// A browser that goes back shows the page as it was left.
window.addEventListener("pageshow", () => rest(false));
