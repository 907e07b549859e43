/**
 * Somebody else puts back what Serin wrote (a GitOps tool's self-heal, usually). Each revert is remembered; three in ten
 * minutes are a conflict: nothing is raised, the right thing is put back at most once a minute (lowering stays immediate),
 * and the condition names who and the rule that ends it. Ten quiet minutes clear it.
 */
import type { CanaryRolloutStatus } from "../api/status.ts";
import { otherManager, type Reverted } from "./managers.ts";
import type { Scene } from "./scene.ts";

const WINDOW_MS = 10 * 60_000;
const CONFLICT = 3;
const REASSERT_MS = 60_000;
const KEPT = 4;

export interface Conflict {
  readonly what: Reverted;
  readonly message: string;
  /** When ten minutes have been quiet. */
  readonly until: number;
}

export function noteRevert(scene: Scene, memory: CanaryRolloutStatus, what: Reverted): CanaryRolloutStatus {
  const times = [...(memory.reverts?.[what] ?? []), new Date(scene.now).toISOString()].slice(-KEPT);
  const manager = otherManager(scene, what);
  return { ...memory, reverts: { ...memory.reverts, [what]: times, ...(manager === undefined ? {} : { manager }) } };
}

export function gitOpsConflict(scene: Scene): Conflict | undefined {
  const { reverts } = scene.status;
  for (const what of ["weights", "selector", "paused"] as const) {
    const times = (reverts?.[what] ?? []).map((time) => Date.parse(time));
    const newest = times.at(-1) ?? 0;
    const recent = times.filter((time) => time > newest - WINDOW_MS);
    if (recent.length >= CONFLICT && scene.now < newest + WINDOW_MS) {
      return { what, message: messageOf(scene, what, reverts?.manager), until: newest + WINDOW_MS };
    }
  }
  return undefined;
}

/** May a revert be answered now? Once it is a conflict, once a minute. */
export function mayReassert(scene: Scene, what: Reverted): boolean {
  const newest = scene.status.reverts?.[what]?.at(-1);
  return gitOpsConflict(scene)?.what !== what || newest === undefined || scene.now >= Date.parse(newest) + REASSERT_MS;
}

const FIELDS = {
  weights: { kind: "HTTPRoute", group: "gateway.networking.k8s.io", pointer: "/spec/rules" },
  selector: { kind: "Service", group: "", pointer: "/spec/selector/pod-template-hash" },
  paused: { kind: "Deployment", group: "apps", pointer: "/spec/paused" },
} as const;

function messageOf(scene: Scene, what: Reverted, manager: string | undefined): string {
  const { names, o } = scene;
  const { kind, group, pointer } = FIELDS[what];
  const name = what === "weights" ? names.route : what === "selector" ? names.apex : (o.deployment?.metadata.name ?? names.rollout);
  const who = manager ?? "another field manager";
  const rule = `ignoreDifferences: [{group: "${group}", kind: ${kind}, name: ${name}, jsonPointers: ["${pointer}"]}] with RespectIgnoreDifferences=true`;
  return `${who} puts ${pointer} of ${kind} ${name} back; nothing is raised. Let it ignore the field (Argo CD: ${rule})`;
}
