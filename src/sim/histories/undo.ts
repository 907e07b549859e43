/**
 * `kubectl rollout undo`: the template of the revision before, and in the place of the Deployment's annotations those that its set has,
 * old marks of Serin's among them (and Git's own, which a tool puts back). A paused Deployment is refused, as by kubectl.
 */
import { type Deployment, RESOURCES, type ReplicaSet } from "../../domain/kube.ts";
import { controlledSets } from "../../workload/sets.ts";
import { withoutHash } from "../../workload/template.ts";
import { NAMESPACE, type World } from "../world/world.ts";
import { APP, FIRST, deployment as inGit } from "./cast.ts";

const OWN = "deployment.kubernetes.io/";
const REVISION = `${OWN}revision`;

export function undo({ store }: World): void {
  const deployment = store.find(RESOURCES.deployments, NAMESPACE, APP) as Deployment | undefined;
  const sets = store.list(RESOURCES.replicaSets, { namespace: NAMESPACE }).items as readonly ReplicaSet[];
  const [, before] = deployment === undefined ? [] : controlledSets(deployment, sets).toSorted((a, b) => revisionOf(b) - revisionOf(a));
  if (deployment === undefined || before === undefined || deployment.spec.paused === true) {
    return;
  }
  const ofGit = inGit(FIRST, 1).metadata.annotations;
  const annotations = { ...foreign(before.metadata.annotations), ...own(deployment.metadata.annotations), ...ofGit };
  const body = [
    { op: "replace", path: "/spec/template", value: withoutHash(before.spec.template) },
    { op: "replace", path: "/metadata/annotations", value: annotations },
  ] as const;
  store.patch(RESOURCES.deployments, NAMESPACE, APP, { type: "json", body });
}

function revisionOf({ metadata }: ReplicaSet): number {
  return Number(metadata.annotations?.[REVISION] ?? 0);
}

function own(annotations: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => name.startsWith(OWN)));
}

function foreign(annotations: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !name.startsWith(OWN)));
}
