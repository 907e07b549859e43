/**
 * Admission made another set of our template: Kubernetes would replace its pods at the hand-over. Nothing is tried with it.
 * Once a minute an empty set is made in its place, so that the release goes on when admission lets the template be.
 */
import { trialTemplateChanged } from "../../workload/findings.ts";
import { replicasOf } from "../../workload/size.ts";
import type { Draft } from "../draft.ts";
import { renewTrial } from "../ensure.ts";
import type { Scene } from "../scene.ts";
import type { Action } from "../types.ts";
import { lowerTo, resize } from "../writes.ts";
import { stalled } from "./stalled.ts";

const RENEW_MS = 60_000;

export function trialRewritten(scene: Scene): Draft | undefined {
  const { trial, o } = scene;
  const finding = trial && o.deployment && trialTemplateChanged(trial, o.deployment);
  if (trial === undefined || finding === undefined) return undefined;
  const renewAt = Date.parse(trial.metadata.creationTimestamp ?? "") + RENEW_MS;
  const draft = stalled(scene, finding, {
    memory: { ...scene.status, traffic: { weight: "0%" } },
    lower: lowerTo(scene, 0, finding.message),
    raise: replacement(scene, trial, scene.now >= renewAt, finding.message),
  });
  return { ...draft, wakes: [Math.max(renewAt, scene.now + 1)] };
}

function replacement(scene: Scene, trial: NonNullable<Scene["trial"]>, isDue: boolean, why: string): readonly Action[] {
  if (replicasOf(trial) > 0) return [resize(scene, trial, 0, why)];
  return isDue ? renewTrial(scene, trial) : [];
}
