/** The conditions beside kstatus': is the weight confirmed, do the metrics answer, does a tool fight us. */
import { REASON } from "../api/reasons.ts";
import type { Findings } from "./draft.ts";
import type { Judgement } from "./judgement.ts";
import { gitOpsConflict } from "./reverts.ts";
import type { Scene } from "./scene.ts";

const CAUSES =
  "likely causes, in this order: the port is opaque (config.linkerd.io/opaque-ports), a ServiceProfile with routes for the Service, callers outside the mesh, another route on the Service, circuit breaking of the canary";

/** Without a judgement nothing is confirmed yet: the release starts, or a weight is written now. */
export function findingsOf(scene: Scene, judgement: Judgement | undefined): Findings {
  const conflict = gitOpsConflict(scene);
  const { fault } = scene.o.samples;
  return {
    trafficConfirmed: judgement === undefined ? UNCONFIRMED : confirmation(scene, judgement),
    analysisHealthy:
      fault === undefined
        ? { status: "True", reason: "MetricsAnswer", message: "metrics are read" }
        : { status: "False", reason: fault.reason, message: fault.message },
    ...(conflict ? { gitOpsConflict: { reason: REASON.GitOpsConflict, message: conflict.message } } : {}),
  };
}

const UNCONFIRMED = { status: "Unknown", reason: "Confirming", message: "waiting for the mesh's own request share" } as const;

function confirmation(scene: Scene, judgement: Judgement): NonNullable<Findings["trafficConfirmed"]> {
  const { share } = judgement;
  if (scene.allowed > 0 && share.verdict === "Contradicted") {
    return { status: "False", reason: REASON.TrafficUnconfirmed, message: `the observed share contradicts the weight; ${CAUSES}` };
  }
  return share.confirmedAt === undefined
    ? UNCONFIRMED
    : { status: "True", reason: "ShareObserved", message: "the observed share fits the weight" };
}
