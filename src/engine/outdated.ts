/**
 * The CRD is older than this controller, as after a chart's upgrade, and the API server drops what a release must remember.
 * Lowering goes on; nothing is raised on a memory that is not kept. Now and then it is tried again.
 */
import { REASON } from "../api/reasons.ts";
import type { Draft } from "./draft.ts";
import type { Scene } from "./scene.ts";
import { stalled } from "./stages/stalled.ts";

export const PRUNED_FOR_MS = 2 * 60_000;

export function outdated(scene: Scene, draft: Draft): Draft {
  const { pruned, rollout } = scene.o;
  const forwardOnly = scene.adopted !== undefined || rollout.metadata.deletionTimestamp !== undefined;
  if (pruned === undefined || forwardOnly || (draft.raise ?? []).length === 0) {
    return draft;
  }
  const message = `the CustomResourceDefinition is older than this controller and drops ${pruned.field}: serin crds | kubectl apply --server-side --force-conflicts -f -`;
  const held = stalled(scene, { reason: REASON.CRDOutdated, message }, { lower: draft.lower ?? [] });
  return { ...held, wakes: [pruned.at + PRUNED_FOR_MS] };
}
