/** What several pages need: requests with the form token, short messages, numbers in Chinese form. */

const token = document.querySelector("meta[name=csrf-token]")?.content ?? "";

/**
 * Fetch JSON; a refusal becomes an Error with the server's Chinese message.
 * @param {string} address
 * @param {RequestInit} [options]
 * @returns {Promise<any>}
 */
export async function fetchJson(address, options = {}) {
  const headers = { Accept: "application/json", "X-CSRFToken": token, ...options.headers };
  let response;
  try {
    response = await fetch(address, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("连接不上服务器，请检查网络后重试。");
  }
  const body = await response.json().catch((error) => {
    if (error.name === "AbortError") throw error; // given up while the answer was on its way
    return null;
  });
  if (!response.ok) {
    const { status } = response;
    throw Object.assign(new Error(body?.error?.message ?? `服务器没有完成请求（${status}）。`), { status, body });
  }
  return body;
}

/** Format a number with thousands separators and the minus sign of print, never before nothing; unknown is a dash. */
export function formatNumber(value, decimals = 2) {
  if (value === null || value === undefined || Number.isNaN(value)) return "—";
  const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals, signDisplay: "negative" };
  return Number(value).toLocaleString("zh-CN", options).replace("-", "−");
}

/** Make an element: el("td", {class: "number"}, "12"). Text is always text, never markup. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Show the name of the chosen file beside every file input of the page. */
export function nameChosenFiles() {
  for (const input of document.querySelectorAll(".file-choice input")) {
    const shown = input.closest(".file-choice").querySelector(".file-chosen");
    const show = () => { shown.textContent = input.files[0]?.name ?? "尚未选择"; };
    input.addEventListener("change", show);
    if (input.files.length) show(); // chosen while the page was still loading
  }
}
