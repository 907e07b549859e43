/** No step is left before its time, whoever acts and however many: time is the world's own, not what a controller's clock says. */
import type { CanaryRolloutStatus } from "../../api/status.ts";
import { parseDuration } from "../../domain/duration.ts";
import type { RolloutObject } from "../../engine/types.ts";
import type { World } from "../world/world.ts";

interface Spec {
  readonly strategy?: { readonly bake?: string; readonly steps?: readonly { readonly minDuration?: string }[] };
}

interface Entered {
  readonly step: string;
  readonly at: number;
  readonly generation: number | undefined;
  readonly skew: number;
}

const entered = new WeakMap<World, Entered>();

export function speedIsKept(world: World, rollout: RolloutObject, previous: RolloutObject | undefined, say: (what: string) => void): void {
  const [step, before] = [nameOf(rollout.status), nameOf(previous?.status)];
  const since = entered.get(world);
  if (step === before && since !== undefined) {
    return;
  }
  const now = world.clock.monotonic();
  entered.set(world, { step, at: now, generation: rollout.metadata.generation, skew: world.skew.controller });
  const index = previous?.status?.step?.index ?? 0;
  if (since?.step !== before || !isForward(rollout.status, previous?.status) || since.generation !== rollout.metadata.generation) {
    return;
  }
  const { strategy = {} } = rollout["spec"] as Spec;
  const least = parseDuration(strategy.steps?.[index]?.minDuration ?? "0s") ?? 0;
  const took = now - since.at + Math.max(0, world.skew.controller - since.skew);
  if (took < least) {
    say(`step ${index} was left after ${took} of ${least} ms`);
  }
  if ((rollout.status?.step?.index ?? 0) > index + 1) {
    say(`step ${index} was followed by step ${rollout.status?.step?.index}`);
  }
}

/** Of one attempt at one version: another is another release. */
function nameOf(status: CanaryRolloutStatus | undefined): string {
  const { canary, step, traffic } = status ?? {};
  return `${canary?.revision}/${canary?.attempt}/${step?.index}/${traffic?.weight}`;
}

/** To a later step of the same attempt, and nobody has passed the step by hand. */
function isForward(next: CanaryRolloutStatus | undefined, last: CanaryRolloutStatus | undefined): boolean {
  const same = next?.canary?.revision === last?.canary?.revision && next?.canary?.attempt === last?.canary?.attempt;
  const open = next?.canary?.outcome === undefined && last?.canary?.outcome === undefined;
  const further = (next?.step?.index ?? 0) > (last?.step?.index ?? 0);
  return same && open && further && last?.step?.passed === undefined && last?.traffic?.weight === last?.step?.weight;
}
