/**
 * Kubernetes rolled the template by itself, past us: somebody resumed the Deployment while no controller ran, or shipped it
 * by hand. What runs is what it is: the pin on the old set, which is empty now, goes first.
 */
import { REASON } from "../../api/reasons.ts";
import { hashOf } from "../../workload/selector.ts";
import { newSetOf } from "../../workload/sets.ts";
import { replicasOf } from "../../workload/size.ts";
import { imagesOf } from "../../workload/template.ts";
import { dismantle } from "../cleanup.ts";
import type { Draft } from "../draft.ts";
import type { Scene } from "../scene.ts";
import { tell } from "../writes.ts";
import { close } from "./cut.ts";

export function shipped(scene: Scene): Draft | undefined {
  const { o, stable, status } = scene;
  const set = o.deployment && newSetOf(o.deployment, o.sets);
  if (set === undefined || stable === undefined || set === stable || replicasOf(stable) > 0 || replicasOf(set) === 0) {
    return undefined;
  }
  const [hash, images] = [hashOf(set), imagesOf(set.spec.template)];
  const why = `Deployment ${o.deployment?.metadata.name} was resumed past Serin and runs ${images.join(", ")} now`;
  const { history } = close(scene, "Shipped", { reason: REASON.Shipped, why });
  const { step: _step, traffic: _traffic, analysis: _analysis, reverts: _reverts, canary: _canary, ...kept } = status;
  return {
    phase: "RollingBack",
    reason: REASON.Shipped,
    message: why,
    memory: {
      ...kept,
      ...(history ? { history } : {}),
      stable: { revision: scene.revision, podTemplateHash: hash, images, readyReplicas: set.status?.readyReplicas ?? 0 },
      waitingFor: "",
    },
    lower: dismantle(scene),
    events: [tell(scene, REASON.Shipped, why, { warning: true, onTarget: true })],
    wakes: [scene.now],
    why: [why],
  };
}
