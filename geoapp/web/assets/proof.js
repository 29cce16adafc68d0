/** Proof sheets: the button that prints. All texts come from the server. */
const print = document.getElementById("proof-print");
print.hidden = false;
print.addEventListener("click", () => window.print());
