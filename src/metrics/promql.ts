/** Queries as text. Names of pods and namespaces come from the cluster: whatever they hold, they stay inside their quotes. */
import type { FamilySpec, Preset, Selector } from "./presets/preset.ts";

/** What a query asks for: some families' raw samples of these pods. */
export interface PodsOf {
  readonly namespaces: readonly string[];
  readonly pods: readonly string[];
}

/** All samples of the family in the last `rangeSeconds`, without any aggregation: a sum would hide resets, doubles and times. */
export function rangeSelector(family: FamilySpec, { prometheus }: Preset, { namespaces, pods }: PodsOf, rangeSeconds: number): string {
  const matchers = [
    ...family.select.map(matcher),
    matcher({ label: prometheus.namespaceLabel, oneOf: namespaces }),
    matcher({ label: prometheus.podLabel, oneOf: pods }),
  ];
  return `${family.name}{${matchers.join(",")}}[${rangeSeconds}s]`;
}

/** Any one series of the family, whichever pods it is of. */
export function anySeries({ name }: FamilySpec): string {
  return `topk(1, ${name})`;
}

function matcher(selector: Selector): string {
  const [operator, values] = "oneOf" in selector ? (["=~", selector.oneOf] as const) : (["!~", selector.noneOf] as const);
  return `${selector.label}${operator}${quoted(values.map(literal).join("|"))}`;
}

/** A text as a regular expression (RE2, anchored by Prometheus) that matches it alone. */
function literal(text: string): string {
  return text.replaceAll(/[\\^$.|?*+()[\]{}]/g, "\\$&");
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
