/** The side panel with a record's card, fetched from the server, which escapes every value. */

/** Address of a record's card. */
export function cardAddress(register, key, at = "") {
  const path = key.split("/").map(encodeURIComponent).join("/");
  const page = register === "plots" ? `/plots/${path}/card` : `/records/${register}/${path}/card`;
  return at ? `${page}?at=${encodeURIComponent(at)}` : page;
}

/** What the server says of a refusal, on its page or as data; null where it says nothing. */
function messageOf(text) {
  try {
    return JSON.parse(text).error?.message ?? null;
  } catch {
    return new DOMParser().parseFromString(text, "text/html").querySelector(".error-message")?.textContent ?? null;
  }
}

export class CardPanel {
  /**
   * @param {HTMLElement} root
   * @param {() => void} onClose asked for by the user
   */
  constructor(root, onClose) {
    this.root = root;
    this.title = root.querySelector("[data-title]");
    this.body = root.querySelector("[data-body]");
    this.request = null;
    this.returnTo = null;
    root.querySelector("[data-close]").addEventListener("click", onClose);
  }

  get isOpen() {
    return !this.root.hidden;
  }

  /**
   * @param {{register: string, key: string, at?: string}} chosen at: the day; now if left out
   * @param {string} title shown until the card is there
   * @param {HTMLElement | null} returnTo takes the focus when the panel closes; given, the panel takes it now
   */
  async open({ register, key, at = "" }, title, returnTo) {
    this.request?.abort();
    const request = new AbortController();
    this.request = request;
    this.root.hidden = false;
    this.setTitle(title);
    this.body.replaceChildren();
    this.say("正在加载…");
    if (returnTo) {
      this.returnTo = returnTo;
      this.title.focus();
    }
    try {
      const response = await fetch(cardAddress(register, key, at), { signal: request.signal, headers: { Accept: "text/html, application/json;q=0.5", "X-Requested-With": "fetch" } });
      const text = await response.text();
      if (request.signal.aborted) return;
      if (response.ok) this.show(text);
      else this.say(messageOf(text) ?? (response.status === 404 ? "没有找到这条记录，可能已被删除。" : `卡片加载失败（${response.status}），请重试。`));
    } catch (error) {
      if (error.name !== "AbortError") this.say("连接不上服务器，请检查网络后重试。");
    }
  }

  setTitle(title) {
    this.title.textContent = title;
  }

  show(html) {
    const fragment = new DOMParser().parseFromString(html, "text/html");
    this.body.replaceChildren(...fragment.body.childNodes);
    this.body.scrollTop = 0;
  }

  say(message) {
    const line = document.createElement("p");
    line.className = "hint";
    line.textContent = message;
    this.body.replaceChildren(line);
  }

  close() {
    this.request?.abort();
    if (!this.isOpen) return;
    const hadFocus = this.root.contains(document.activeElement);
    this.root.hidden = true;
    if (hadFocus) (this.returnTo ?? document.querySelector(".district-map")).focus();
    this.returnTo = null;
  }
}
