/**
 * Which engine draws, and how one is made.
 *
 * An engine is an object with
 *   name            "gl" or "canvas"
 *   start()         a promise; rejects where the engine cannot work here
 *   sync()          bring what is drawn in line with the stack's layers: visible, in scale, filter, look, opacity
 *   reload(layer)   ask the server again for a layer's tiles
 *   select(keys)    these plots were selected or are no longer
 *   featuresAt(point), isSettled, remove()
 * It tells each layer its state, and calls view.engineBroke(stack, error) when it cannot go on.
 */

import { webGlVerdict } from "./detect.js";

/**
 * Engines in the order in which they are tried.
 * @param {"auto" | "gl" | "canvas"} choice of the user
 */
export function engineNames(choice) {
  if (choice === "canvas") return ["canvas", "gl"];
  if (choice === "gl" || webGlVerdict().isHardware) return ["gl", "canvas"];
  return ["canvas", "gl"];
}

const MODULES = {
  canvas: async () => (await import("./canvas_engine.js")).CanvasEngine,
  gl: async () => (await import("./gl_engine.js")).GlEngine,
};

/**
 * Make and start an engine for a stack of registers.
 * @param {"gl" | "canvas"} name
 * @param {import("./register_stack.js").RegisterStack} stack
 * @param {{isForced: boolean}} how isForced: the user asked for GL, so a slow one will do
 */
export async function makeEngine(name, stack, how) {
  const Engine = await MODULES[name]();
  const engine = new Engine(stack, how);
  try {
    await engine.start();
  } catch (error) {
    engine.remove();
    throw error;
  }
  return engine;
}
