/** What this browser keeps for the user. A browser may refuse: then it is kept until the page is closed. */

const instead = new Map();

/** Whether what is written outlives the page. */
export function isKept() {
  try {
    localStorage.setItem("geoapp.try", "1");
    localStorage.removeItem("geoapp.try");
    return true;
  } catch {
    return false;
  }
}

export function readText(key) {
  try {
    return localStorage.getItem(key) ?? instead.get(key) ?? null;
  } catch {
    return instead.get(key) ?? null;
  }
}

/** @returns {boolean} whether it outlives the page */
export function writeText(key, text) {
  instead.set(key, text);
  try {
    localStorage.setItem(key, text);
    return true;
  } catch {
    return false;
  }
}
