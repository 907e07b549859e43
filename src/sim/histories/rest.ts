/** When nothing moves any more: the long quiet after the last deed need not be waited for to its end. */
import type { Phase } from "../../api/status.ts";
import { RESOURCES } from "../../domain/kube.ts";
import type { World } from "../world/world.ts";

/** Phases in which a rollout waits for somebody, or for nothing. */
const AT_REST: ReadonlySet<Phase | undefined> = new Set(["Ready", "RolledBack", "Paused"]);
/** Longer than every time-out of the plots that runs in such a phase. */
const STILL_MS = 6 * 60_000;

/** Answers whether all but figures has stood still for long, in a phase that may last. */
export function watchRest(world: World): () => boolean {
  let moved = 0;
  let phase: Phase | undefined;
  world.store.subscribe(({ resource }) => {
    const told = phaseOf(world);
    if (resource.plural !== RESOURCES.canaryRollouts.plural || told !== phase) {
      moved = world.clock.monotonic();
    }
    phase = told;
  });
  return () => AT_REST.has(phase) && world.clock.monotonic() - moved >= STILL_MS;
}

function phaseOf(world: World): Phase | undefined {
  const [rollout] = world.store.list(RESOURCES.canaryRollouts).items as readonly { readonly status?: { readonly phase?: Phase } }[];
  return rollout?.status?.phase;
}
