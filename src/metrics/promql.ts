/** A family's selector as PromQL. Names of pods and namespaces are quoted, whatever they hold. */
import type { FamilySpec, Preset, Selector } from "./presets/preset.ts";
import type { Target } from "./source.ts";

export interface Pods {
  readonly namespaces: readonly string[];
  readonly pods: readonly string[];
}

export function namespacesAndPods(targets: readonly Target[]): Pods {
  const unique = (names: readonly string[]) => [...new Set(names)].sort();
  return { namespaces: unique(targets.map(({ namespace }) => namespace)), pods: unique(targets.map(({ pod }) => pod.name)) };
}

export function selectorOf(family: FamilySpec, { prometheus }: Preset, { namespaces, pods }: Pods): string {
  const matchers = [oneOf(prometheus.namespaceLabel, namespaces), oneOf(prometheus.podLabel, pods), ...family.select.map(matcherOf)];
  return `${family.name}{${matchers.join(",")}}`;
}

function matcherOf(selector: Selector): string {
  return "oneOf" in selector ? oneOf(selector.label, selector.oneOf) : `${selector.label}!~${quoted(alternatives(selector.noneOf))}`;
}

function oneOf(label: string, values: readonly string[]): string {
  const [only] = values;
  return values.length === 1 ? `${label}=${quoted(only ?? "")}` : `${label}=~${quoted(alternatives(values))}`;
}

/** Anchored by Prometheus at both ends. */
function alternatives(values: readonly string[]): string {
  return values.map((value) => value.replaceAll(/[\\^$.|?*+()[\]{}]/g, "\\$&")).join("|");
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
