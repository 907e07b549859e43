/** One sample of one series, as every source gives it. */
import type { BackendFamilies, FamilySpec, Preset } from "./presets/preset.ts";

export type Labels = Readonly<Record<string, string>>;

export interface Series {
  readonly name: string;
  /** The same text for the same counter of a pod in every answer of one source: the name and the proxy's own labels. */
  readonly identity: string;
  readonly labels: Labels;
  readonly value: number;
}

/** Which side of a pod is read: what it answered, what it asked. */
export type View = "server" | "client";

/** The families of a view, in the order of the preset; without the start of the process, which every view reads. */
export function familiesOf(preset: Preset, view: View): readonly FamilySpec[] {
  return view === "server" ? [preset.requests, preset.latency] : Object.values(preset.backends).flatMap(backendFamilies);
}

export function startFamily(preset: Preset): FamilySpec {
  return { name: preset.processStart, select: [], needs: [] };
}

function backendFamilies({ requests, responses }: BackendFamilies): FamilySpec[] {
  return [requests, responses];
}
