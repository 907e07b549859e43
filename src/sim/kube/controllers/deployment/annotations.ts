/** What a Deployment notes on its ReplicaSets and on itself: revisions, sizes, and a copy of its own annotations on the new set. */
import type { LiveDeployment, LiveSet, Meta } from "../objects.ts";
import { sizeOf } from "../objects.ts";
import { limitsOf } from "./limits.ts";

const PREFIX = "deployment.kubernetes.io";
export const REVISION = `${PREFIX}/revision`;
const REVISION_HISTORY = `${PREFIX}/revision-history`;
export const DESIRED_REPLICAS = `${PREFIX}/desired-replicas`;
export const MAX_REPLICAS = `${PREFIX}/max-replicas`;

const NOT_COPIED = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  "deprecated.deployment.rollback.to",
]);

const LONGEST_HISTORY = 2000;

type Annotations = Readonly<Record<string, string>>;

export function annotated<T extends { readonly metadata: Meta }>(object: T, annotations: Annotations): T {
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...annotations } } };
}

/** The number under `name`; undefined where there is none. */
export function numberNote(object: { readonly metadata: Meta }, name: string): number | undefined {
  const text = object.metadata.annotations?.[name];
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

export function highestRevision(sets: readonly LiveSet[]): number {
  return Math.max(0, ...sets.map((set) => numberNote(set, REVISION) ?? 0));
}

export function sizeNotes(deployment: LiveDeployment): Annotations {
  const size = sizeOf(deployment);
  return { [DESIRED_REPLICAS]: String(size), [MAX_REPLICAS]: String(size + limitsOf(deployment).maxSurge) };
}

/** What the new set gets from its Deployment, revision included: revisions only grow. */
export function newSetNotes(deployment: LiveDeployment, set: LiveSet, revision: number): Annotations {
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !NOT_COPIED.has(name));
  return { ...Object.fromEntries(copied), ...revisionNotes(set, revision) };
}

function revisionNotes(set: LiveSet, revision: number): Annotations {
  const { [REVISION]: text = "", [REVISION_HISTORY]: history = "" } = set.metadata.annotations ?? {};
  const old = text === "" ? 0 : numberNote(set, REVISION);
  if (old === undefined || old >= revision) {
    return {};
  }
  return { [REVISION]: String(revision), ...(text !== "" && { [REVISION_HISTORY]: longer(history, text) }) };
}

/** The oldest revisions make room. */
function longer(history: string, revision: string): string {
  const revisions = [...history.split(","), revision].filter((part) => part !== "");
  while (revisions.length > 1 && revisions.join(",").length > LONGEST_HISTORY) {
    revisions.shift();
  }
  return revisions.join(",");
}

/** Would these annotations change anything? */
export function differs({ metadata }: { readonly metadata: Meta }, annotations: Annotations): boolean {
  return Object.entries(annotations).some(([name, value]) => metadata.annotations?.[name] !== value);
}
