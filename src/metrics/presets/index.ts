/** The meshes that Serin can read, by the name that `analysis.preset` gives. */
import { linkerd } from "./linkerd.ts";
import type { Preset } from "./preset.ts";

export const PRESETS: Readonly<Record<string, Preset>> = {
  [linkerd.name]: linkerd,
};
