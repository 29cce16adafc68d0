/** Large scripts of others, fetched when they are first needed; the page's policy allows them from our own address. */

const pending = new Map();

/** The vendored file's address with the same version mark as the files in the page's head. */
function addressOf(path) {
  const known = document.querySelector('link[href^="/static/vendor/"], script[src^="/static/vendor/"]');
  const version = new URL(known?.href ?? known?.src ?? "", window.location.href).search;
  return `/static/vendor/${path}${version}`;
}

function load(path) {
  const address = addressOf(path);
  const node = path.endsWith(".css")
    ? Object.assign(document.createElement("link"), { rel: "stylesheet", href: address })
    : Object.assign(document.createElement("script"), { src: address });
  return new Promise((resolve, reject) => {
    node.addEventListener("load", () => resolve());
    node.addEventListener("error", () => {
      pending.delete(path); // asked for again, it is tried again
      node.remove();
      reject(new Error("程序文件没有加载成功，请检查网络后重试。"));
    });
    // Before our own sheets, which have the last word.
    const first = document.head.querySelector('link[href^="/assets/"]');
    if (node.rel === "stylesheet" && first) first.before(node);
    else document.head.append(node);
  });
}

/**
 * Fetch vendored scripts and style sheets, each once.
 * @param {...string} paths below /static/vendor, such as "tabulator/tabulator.min.js"
 */
export function loadVendor(...paths) {
  for (const path of paths) if (!pending.has(path)) pending.set(path, load(path));
  return Promise.all(paths.map((path) => pending.get(path)));
}
