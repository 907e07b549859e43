/**
 * Pod templates compared by meaning, as Kubernetes compares them when it looks for a Deployment's ReplicaSet: the
 * `pod-template-hash` label aside, absent equals null equals empty, quantities by value, order of keys irrelevant.
 *
 * Assumes templates as an API server answers them (defaults applied, scalars written out).
 */
import { POD_TEMPLATE_HASH } from "../api/marks.ts";
import type { PodTemplate } from "../domain/kube.ts";
import { sameQuantity } from "./quantity.ts";

export function sameTemplate(a: PodTemplate, b: PodTemplate): boolean {
  return templateDifference(a, b) === undefined;
}

/** The first path at which two templates differ, for example `spec.containers[0].image`. */
export function templateDifference(a: PodTemplate, b: PodTemplate): string | undefined {
  const known = differences.get(a)?.get(b);
  if (known !== undefined) return known.path;
  const path = difference(withoutHash(a), withoutHash(b), []);
  const of = differences.get(a) ?? new WeakMap<PodTemplate, Difference>();
  differences.set(a, of);
  of.set(b, { path });
  return path;
}

interface Difference {
  readonly path: string | undefined;
}

/** Objects that were observed are never changed, and the same two are compared at every look. */
const differences = new WeakMap<PodTemplate, WeakMap<PodTemplate, Difference>>();

export function withHash(template: PodTemplate, hash: string): PodTemplate {
  const labels = { ...template.metadata?.labels, [POD_TEMPLATE_HASH]: hash };
  return { ...template, metadata: { ...template.metadata, labels } };
}

export function withoutHash(template: PodTemplate): PodTemplate {
  if (template.metadata?.labels?.[POD_TEMPLATE_HASH] === undefined) return template;
  const { [POD_TEMPLATE_HASH]: _, ...labels } = template.metadata.labels;
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** Each image once, containers before init containers; cut to what status holds. */
export function imagesOf(template: PodTemplate): string[] {
  const containers = [...template.spec.containers, ...(template.spec.initContainers ?? [])];
  const images = containers.flatMap((container) => (container.image ? [container.image.slice(0, 512)] : []));
  return [...new Set(images)].slice(0, 32);
}

type Path = readonly (string | number)[];

function difference(a: unknown, b: unknown, path: Path): string | undefined {
  if (isQuantity(path) && isScalar(a) && isScalar(b)) return sameQuantity(a, b) ? undefined : printed(path);
  if (isEmpty(a, path) && isEmpty(b, path)) return undefined;
  if (Array.isArray(a ?? b) && Array.isArray(b ?? a)) return listDifference(asList(a), asList(b), path);
  if (isMap(a ?? b) && isMap(b ?? a) && (!meansSomethingEmpty(path) || (a && b))) {
    return mapDifference(asMap(a), asMap(b), path);
  }
  return a === b ? undefined : printed(path);
}

function listDifference(a: readonly unknown[], b: readonly unknown[], path: Path): string | undefined {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const here = [...path, index];
    if (index >= a.length || index >= b.length) return printed(here);
    const found = difference(a[index], b[index], here);
    if (found !== undefined) return found;
  }
  return undefined;
}

function mapDifference(a: Record<string, unknown>, b: Record<string, unknown>, path: Path): string | undefined {
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = difference(own(a, key), own(b, key), [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** An empty label selector selects everything and an absent one nothing (or only the pod's own namespace): never equal. */
function meansSomethingEmpty(path: Path): boolean {
  return path.at(-1) === "labelSelector" || path.at(-1) === "namespaceSelector";
}

function isEmpty(value: unknown, path: Path): boolean {
  if (value === undefined || value === null) return true;
  if (meansSomethingEmpty(path)) return false;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** Where a pod template holds resource quantities. */
function isQuantity(path: Path): boolean {
  if (path[0] !== "spec") return false;
  const [grandparent, parent, key] = path.slice(-3);
  if (grandparent === "resources" && (parent === "limits" || parent === "requests")) return true;
  if (parent === "overhead" && path.length === 3) return true;
  return (parent === "emptyDir" && key === "sizeLimit") || (parent === "resourceFieldRef" && key === "divisor");
}

function isScalar(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asMap(value: unknown): Record<string, unknown> {
  return isMap(value) ? value : {};
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function own(map: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

function printed(path: Path): string {
  return path.map(segment).join("").replace(/^\./, "");
}

function segment(key: string | number): string {
  if (typeof key === "number") return `[${key}]`;
  return /^[A-Za-z0-9_-]+$/.test(key) ? `.${key}` : `[${key}]`;
}
