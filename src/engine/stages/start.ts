/** A template that differs from what runs: preflight, then the first commit of a release. */
import type { Policy } from "../../api/policy.ts";
import { REASON } from "../../api/reasons.ts";
import { unsplitPorts } from "../../traffic/findings.ts";
import { vpaSkipsTrial } from "../../workload/autoscalers.ts";
import { imagesOf } from "../../workload/template.ts";
import type { Draft } from "../draft.ts";
import { ensureRelease } from "../ensure.ts";
import { findingsOf } from "../health.ts";
import { preflight } from "../preflight.ts";
import { ladderOf, positionOf, type Scene } from "../scene.ts";
import type { PlanEvent } from "../types.ts";
import { lowerTo, tell } from "../writes.ts";
import { stalled } from "./stalled.ts";

export function start(scene: Scene, policy: Policy): Draft {
  if (scene.o.pods === undefined) {
    return { phase: "Pending", reason: REASON.Progressing, message: "waiting for the list of pods", memory: scene.status, quiet: true };
  }
  const finding = preflight(scene, policy);
  if (finding !== undefined) {
    return stalled(scene, finding, { lower: lowerTo(scene, 0, finding.message) });
  }
  return begin(scene, policy, 0);
}

/** Also the start of another attempt at the same revision; `index`: the step that it begins with. */
export function begin(scene: Scene, policy: Policy, attempt: number, index = 0): Draft {
  const { now, status, names, revision = "", stableHash, stable, o } = scene;
  const at = new Date(now).toISOString();
  const images = o.deployment ? imagesOf(o.deployment.spec.template) : [];
  const first = ladderOf(policy)[index];
  const canary = { revision, podTemplateHash: revision, attempt, images, startedAt: at };
  const { analysis: _evidence, reverts: _reverts, ...kept } = status;
  const started: Scene = { ...scene, canary, open: true };
  return {
    phase: "Progressing",
    reason: REASON.Progressing,
    message: `${index < policy.steps.length ? "step " : ""}${positionOf(policy, index)}: starting one pod of ${revision}`,
    stableText: "a release runs",
    memory: {
      ...kept,
      stable: {
        ...status.stable,
        revision: status.stable?.revision ?? stableHash,
        podTemplateHash: stableHash,
        images: stable ? imagesOf(stable.spec.template) : [],
      },
      canary,
      step: { index, position: positionOf(policy, index), weight: `${first?.weight ?? 100}%`, state: "Sizing", startedAt: at },
      traffic: { weight: "0%" },
      waitingFor: "",
      managed: { deployment: o.deployment?.metadata.name, services: [names.apex, names.stable, names.canary], route: names.route },
    },
    findings: findingsOf(scene, undefined),
    lower: lowerTo(scene, 0, "a release starts at weight 0"),
    raise: ensureRelease(started),
    events: [
      tell(started, REASON.ReleaseStarted, `${attempt === 0 ? "" : `attempt ${attempt + 1}: `}trying ${images.join(", ")} (${revision})`, {
        onTarget: true,
      }),
      ...unsplit(started, policy),
      ...unrecommended(started),
    ],
    why: [`release ${revision} starts`],
  };
}

function unrecommended(scene: Scene): readonly PlanEvent[] {
  const { deployment, verticalAutoscalers } = scene.o;
  const finding = deployment && vpaSkipsTrial(verticalAutoscalers, deployment);
  return finding === undefined ? [] : [tell(scene, REASON.VPASkipsCanary, finding.message, { onTarget: true, step: "vpa" })];
}

function unsplit(scene: Scene, policy: Policy): readonly PlanEvent[] {
  const finding = scene.o.services.apex && unsplitPorts(scene.o.services.apex, policy.traffic.port);
  return finding === undefined ? [] : [tell(scene, REASON.UnsplitPorts, finding.message, { warning: true, onTarget: true, step: "ports" })];
}
