/** Whether WebGL2 is real hardware here: drawn by the processor it pans worse than our own canvas. */

const SOFTWARE = /swiftshader|llvmpipe|softpipe|basic render|software|subzero/i;
let verdict = null;

/** Name of what draws WebGL2; null where there is none, or only one with a major performance caveat. */
function rendererName() {
  const gl = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (!gl) return null;
  const details = gl.getExtension("WEBGL_debug_renderer_info");
  const name = String(gl.getParameter(details ? details.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return name;
}

/** Whether a renderer's name is that of a processor's. */
export const isSoftwareRenderer = (name) => SOFTWARE.test(name);

/** @returns {{isHardware: boolean, renderer: string | null}} looked up once */
export function webGlVerdict() {
  if (!verdict) {
    const renderer = typeof WebGL2RenderingContext === "undefined" ? null : rendererName();
    verdict = { renderer, isHardware: renderer !== null && !isSoftwareRenderer(renderer) };
  }
  return verdict;
}
