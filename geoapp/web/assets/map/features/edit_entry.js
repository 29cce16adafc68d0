/** Ways to editing a record's shape other than the tool itself: the link on its card, and an address with edit=1. */

/**
 * @param {import("../page.js").MapPage} page
 * @param {(choice: {register: string, key: string}) => void} onBegin with the record whose card is open
 */
export function attachEntries(page, onBegin) {
  let isAsked = false;

  /** The card's link: here, without leaving the map. */
  const onCard = (event) => {
    if (!event.target.closest("[data-edit-shape]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onBegin(page.chosen);
  };

  /** A page led here: begin once the map has come to the record. */
  const onChosen = async (choice) => {
    if (!choice || !isAsked) return;
    isAsked = false;
    await Promise.resolve();
    await page.restoring;
    if (page.chosen === choice) onBegin(choice);
  };

  page.card.body.addEventListener("click", onCard);
  page.permalink.addPart("edit", { read: () => null, apply: (text) => { isAsked = text !== null; } });
  page.view.on("chosen", onChosen);
}
