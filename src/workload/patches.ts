/**
 * Bodies of the patches that a release writes on the user's Deployment and Services and on its own trial. Merge patches
 * are plain objects, JSON Patches lists of operations. Preconditions that depend on when a patch is sent are the
 * sender's: `withVersion` adds one.
 */
import { FROZE, FROZEN, GROUP, ORIGINAL, POD_TEMPLATE_HASH, RELEASE, RESUME, RESUME_REFUSED, ROLLOUT, SIZED_AT } from "../api/marks.ts";
import type { Deployment, KubeObject, PatchOperation, ReplicaSet, Service } from "../domain/kube.ts";
import { member, parsedJson } from "./json.ts";
import { hashOf, pinned, pinOf } from "./selector.ts";
import { desiredAnnotations, replicasOf } from "./size.ts";
import { withHash } from "./template.ts";
import { timestamp } from "./timestamp.ts";

/** A deadline that never passes: a paused Deployment that has one keeps the condition Progressing=True. */
const NO_DEADLINE = 2147483647;
const DEFAULT_DEADLINE = 600;
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

type MergePatch = Readonly<Record<string, unknown>>;

/** The same merge patch, refused with 409 where the object is no longer the one that was observed. */
export function withVersion(patch: MergePatch, observed: KubeObject): MergePatch {
  const metadata = (patch["metadata"] ?? {}) as object;
  return { ...patch, metadata: { ...metadata, resourceVersion: observed.metadata.resourceVersion } };
}

/**
 * Adoption where the API server freezes on change: the mark alone. One that was left frozen, or whose other marks a tool took away in the
 * middle of a release, stays so until its release is over.
 */
export function adoptPatch(deployment: Deployment, rolloutName: string): MergePatch {
  const marks = deployment.metadata.annotations ?? {};
  const { uid } = deployment.metadata;
  const released = marks[RELEASE]?.startsWith(`${uid}/`) === true;
  const left = (marks[FROZEN] !== undefined || released) && deployment.spec.paused === true;
  return {
    metadata: {
      annotations: { [ROLLOUT]: adoptionMark(deployment, rolloutName), ...staleMarks(marks), ...(left ? { [FROZE]: uid } : {}) },
    },
  };
}

/** The same of an untried template that nobody froze: the policy was missing, or a tool took the marks away. */
export function frozePatch(deployment: Deployment, rolloutName: string): MergePatch {
  const marks = deployment.metadata.annotations ?? {};
  const { uid } = deployment.metadata;
  const annotations = { [ROLLOUT]: adoptionMark(deployment, rolloutName), ...staleMarks(marks), [FROZE]: uid };
  return { metadata: { annotations }, spec: { paused: true } };
}

/** Between releases, where the API server freezes on change: an ordinary Deployment, with its own deadline. */
export function thawPatch(deployment: Deployment): MergePatch {
  const restored = restoredDeadline(deployment);
  return {
    metadata: { annotations: { [FROZE]: null, [ORIGINAL]: null, [RESUME]: null } },
    spec: { paused: null, ...(restored === undefined ? {} : { progressDeadlineSeconds: restored }) },
  };
}

/** Paused by us or for us, not by a person. */
export function isFrozenForUs({ metadata, spec }: Deployment): boolean {
  const marks = metadata.annotations ?? {};
  return spec.paused === true && (marks[FROZE] === metadata.uid || marks[ORIGINAL] !== undefined);
}

/** Resumed, with what a freeze noted or raised still on it: the freeze on change came back while Kubernetes was let roll. */
export function isHalfThawed({ metadata, spec }: Deployment): boolean {
  const marks = metadata.annotations ?? {};
  return spec.paused !== true && [FROZE, ORIGINAL, RESUME].some((name) => marks[name] !== undefined);
}

/** The API server paused it, and the policy by which it did is gone: what `Always` needs besides is not written yet. */
export function isHalfFrozen({ metadata, spec }: Deployment): boolean {
  const marks = metadata.annotations ?? {};
  return spec.paused === true && marks[FROZE] === metadata.uid && marks[ORIGINAL] === undefined;
}

/** Adoption: the mark, the freeze, and what it replaces (an earlier adoption has noted that already). */
export function freezePatch(deployment: Deployment, rolloutName: string): MergePatch {
  return freeze(deployment, rolloutName, deployment.spec.paused === true);
}

/** Frozen again after somebody resumed it or a tool replaced the object; marks that were lost are written again. */
export function refreezePatch(deployment: Deployment, rolloutName: string): MergePatch {
  return freeze(deployment, rolloutName, false);
}

/** Resumed by Serin itself, for a moment: `token` in the mark tells it from somebody else's hand. */
export function resumePatch(deployment: Deployment, token: string): MergePatch {
  return withVersion({ metadata: { annotations: { [RESUME]: token } }, spec: { paused: null } }, deployment);
}

/** Leaving: every mark off, `paused` and the deadline as they were. */
export function unfreezePatch(deployment: Deployment): MergePatch {
  const original = originalOf(deployment);
  const restored = restoredDeadline(deployment);
  return {
    metadata: {
      annotations: {
        [ROLLOUT]: null,
        [RELEASE]: null,
        [ORIGINAL]: null,
        [FROZEN]: null,
        [FROZE]: null,
        [RESUME]: null,
        [RESUME_REFUSED]: null,
      },
    },
    spec: {
      paused: original.paused === true ? true : null,
      ...(restored === undefined ? {} : { progressDeadlineSeconds: restored }),
    },
  };
}

/** Left frozen without a CanaryRollout: `why` is for whoever finds it. The other marks stay, so that it can be thawed. */
export function keepFrozenPatch(why: string): MergePatch {
  return { metadata: { annotations: { [FROZEN]: why, [RELEASE]: null, [RESUME_REFUSED]: null } }, spec: { paused: true } };
}

/** The same where nobody of ours stays: what was changed but the pause is as it was. */
export function leaveFrozenPatch(deployment: Deployment, why: string): MergePatch {
  const { paused } = originalOf(deployment);
  const restored = restoredDeadline(deployment);
  const original: Original = paused === true ? { paused } : {};
  return {
    metadata: {
      annotations: {
        [FROZEN]: why,
        [ROLLOUT]: null,
        [RELEASE]: null,
        [RESUME]: null,
        [RESUME_REFUSED]: null,
        [FROZE]: null,
        [ORIGINAL]: JSON.stringify(original),
      },
    },
    spec: { paused: true, ...(restored === undefined ? {} : { progressDeadlineSeconds: restored }) },
  };
}

/** `revision` null: no release runs or stands rejected. */
export function releaseMarkPatch(deploymentUid: string, revision: string | null): MergePatch {
  return { metadata: { annotations: { [RELEASE]: revision === null ? null : `${deploymentUid}/${revision}` } } };
}

/** To a version: a merge patch. Off (null): a JSON Patch that tests the pin it removes, empty where there is none. */
export function pinPatch(service: Service, hash: string): MergePatch;
export function pinPatch(service: Service, hash: null): PatchOperation[];
export function pinPatch(service: Service, hash: string | null): MergePatch | PatchOperation[];
export function pinPatch(service: Service, hash: string | null): MergePatch | PatchOperation[] {
  if (hash !== null) return { spec: { selector: pinned(service.spec.selector, hash) } };
  const pin = pinOf(service);
  if (pin === undefined) return [];
  const path = `/spec/selector/${POD_TEMPLATE_HASH}`;
  return [
    { op: "test", path, value: pin },
    { op: "remove", path },
  ];
}

/** The size and its time in one write: `readyTimeout` counts from it. */
export function resizePatch(size: number, now: number): MergePatch {
  return { metadata: { annotations: { [SIZED_AT]: timestamp(now) } }, spec: { replicas: size } };
}

/**
 * The point of no return: the trial takes the labels by which the paused Deployment adopts it, and the annotations by
 * which it sees it at full size. Refused unless the trial is the one observed and as large as the Deployment.
 */
export function handOverPatch(input: { readonly trial: ReplicaSet; readonly deployment: Deployment }): PatchOperation[] {
  const { trial, deployment } = input;
  const { resourceVersion, annotations, labels } = trial.metadata;
  const template = withHash(deployment.spec.template, hashOf(trial) ?? "");
  const foreign = Object.entries(annotations ?? {}).filter(([name]) => !name.startsWith(`${GROUP}/`));
  return [
    { op: "test", path: "/metadata/resourceVersion", value: resourceVersion },
    { op: "test", path: "/spec/replicas", value: replicasOf(deployment) },
    { op: labels === undefined ? "add" : "replace", path: "/metadata/labels", value: template.metadata?.labels },
    {
      op: annotations === undefined ? "add" : "replace",
      path: "/metadata/annotations",
      value: { ...Object.fromEntries(foreign), ...desiredAnnotations(deployment) },
    },
  ];
}

/** An adopted set that the adoption shrank, back to the Deployment's size and known to be so. */
export function putBackPatch(deployment: Deployment, now: number): MergePatch {
  return {
    metadata: { annotations: { ...desiredAnnotations(deployment), [SIZED_AT]: timestamp(now) } },
    spec: { replicas: replicasOf(deployment) },
  };
}

export function adoptionMark(deployment: Deployment, rolloutName: string): string {
  return `${rolloutName}/${deployment.metadata.uid}`;
}

interface Original {
  readonly paused?: boolean;
  readonly progressDeadlineSeconds?: number;
}

function freeze(deployment: Deployment, rolloutName: string, wasPaused: boolean): MergePatch {
  const marks = deployment.metadata.annotations ?? {};
  const kept = { [ROLLOUT]: adoptionMark(deployment, rolloutName), ...staleMarks(marks) };
  const known = marks[ORIGINAL] === undefined ? { ...(wasPaused && { paused: true }) } : originalOf(deployment);
  const patient = isDeadlineOurs(deployment);
  const original: Original = { ...known, ...(patient && { progressDeadlineSeconds: DEFAULT_DEADLINE }) };
  const annotations = { ...kept, [ORIGINAL]: JSON.stringify(original) };
  return { metadata: { annotations }, spec: { paused: true, ...(patient && { progressDeadlineSeconds: NO_DEADLINE }) } };
}

function staleMarks(marks: Readonly<Record<string, string>>): Record<string, null> {
  return Object.fromEntries([FROZEN, RESUME].filter((name) => marks[name] !== undefined).map((name) => [name, null]));
}

/** The deadline is the default's, and nobody's manifest names it. Needs managedFields: not for a trimmed object. */
function isDeadlineOurs(deployment: Deployment): boolean {
  const { metadata, spec } = deployment;
  if (spec.progressDeadlineSeconds !== DEFAULT_DEADLINE) return false;
  const applied = (metadata.managedFields ?? []).filter(({ operation }) => operation === "Apply");
  if (applied.some(({ fieldsV1 }) => member(member(fieldsV1, "f:spec"), "f:progressDeadlineSeconds") !== undefined)) return false;
  const manifest = parsedJson(metadata.annotations?.[LAST_APPLIED]);
  return member(member(manifest, "spec"), "progressDeadlineSeconds") === undefined;
}

/** What the deadline was, where it is still ours. */
function restoredDeadline(deployment: Deployment): number | undefined {
  return deployment.spec.progressDeadlineSeconds === NO_DEADLINE ? originalOf(deployment).progressDeadlineSeconds : undefined;
}

function originalOf(deployment: Deployment): Original {
  const original = parsedJson(deployment.metadata.annotations?.[ORIGINAL]);
  const deadline = member(original, "progressDeadlineSeconds");
  return {
    ...(member(original, "paused") === true ? { paused: true } : {}),
    ...(typeof deadline === "number" ? { progressDeadlineSeconds: deadline } : {}),
  };
}
