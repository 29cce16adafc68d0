/** What of the layer panel an address may say besides layers and colouring: the engine, and whose names are written. */

export function attach(page) {
  const { view, panel, permalink, toasts } = page;
  const isChanged = (layer) => layer.isLabelled !== layer.config.isLabelled;
  permalink.addPart("engine", {
    read: () => (view.engineChoice === "auto" ? null : view.engineChoice),
    apply: (text) => view.chooseEngine(text ?? "auto"),
  });
  permalink.addPart("labels", {
    read: () => [...view.layers.values()].filter(isChanged).map((layer) => layer.id).join(",") || null,
    apply: (text) => {
      const changed = (text ?? "").split(",");
      for (const layer of view.layers.values()) layer.setLabelled(layer.config.isLabelled !== changed.includes(layer.id));
      panel.setVisible(panel.visibleIds);
    },
  });
  view.on("notice", ({ id, text }) => toasts.show(id, text));
}
