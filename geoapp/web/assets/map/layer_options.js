/** What of the layer panel an address may say besides layers and the plots' colouring: the engine, opacities, whose names are written, how others are coloured. */

/** Percent by register, such as "plots:50,parks:0"; what is no such thing is left out. */
function readOpacities(text) {
  const pairs = (text ?? "").split(",").map((pair) => /^([a-z_]+):(\d{1,3})$/.exec(pair)).filter(Boolean);
  return new Map(pairs.map(([, id, percent]) => [id, Math.min(100, Number(percent))]));
}

/** Colourings by register, such as "projects:light,micro_parks:band". */
const readColors = (text) => new Map((text ?? "").split(",").map((pair) => pair.split(":")).filter((pair) => pair.length === 2));

export function attach(page) {
  const { view, panel, permalink, toasts } = page;
  const isChanged = (layer) => layer.isLabelled !== layer.config.isLabelled;
  permalink.addPart("engine", {
    read: () => (view.engineChoice === "auto" ? null : view.engineChoice),
    apply: (text) => view.chooseEngine(text ?? "auto"),
  });
  permalink.addPart("opacity", {
    read: () => [...view.layers.values()].filter(({ opacity }) => opacity !== 1).map(({ id, opacity }) => `${id}:${Math.round(opacity * 100)}`).join(",") || null,
    apply: (text) => {
      const percents = readOpacities(text);
      for (const layer of view.layers.values()) panel.setOpacity(layer, percents.get(layer.id) ?? 100);
    },
  });
  permalink.addPart("labels", {
    read: () => [...view.layers.values()].filter(isChanged).map((layer) => layer.id).join(",") || null,
    apply: (text) => {
      const changed = (text ?? "").split(",");
      for (const layer of view.layers.values()) layer.setLabelled(layer.config.isLabelled !== changed.includes(layer.id));
      panel.setVisible(panel.visibleIds);
    },
  });
  const ofOthers = () => [...view.layers.values()].filter((layer) => layer.id !== "plots" && layer.config.schemes.length > 1);
  permalink.addPart("colors", {
    read: () => ofOthers().filter(({ scheme, config }) => scheme.id !== config.schemes[0].id).map(({ id, scheme }) => `${id}:${scheme.id}`).join(",") || null,
    apply: (text) => {
      const wanted = readColors(text);
      for (const layer of ofOthers()) panel.setColorOf(layer, wanted.get(layer.id) ?? layer.config.schemes[0].id);
    },
  });
  view.on("notice", ({ id, text }) => toasts.show(id, text));
}
