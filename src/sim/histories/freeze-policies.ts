/** The admission policies of the install come and go in a history, and the controller knows of it a while later. */
import type { World } from "../world/world.ts";

export interface FreezePolicies {
  inForce: boolean;
  /** As the controller knows. */
  known: boolean;
}

const SEEN_GONE_MS = 300;
/** A controller relies on new ones later than API servers take them up. */
const SEEN_MADE_MS = 10_000;

export function setPolicies(policies: FreezePolicies, inForce: boolean, world: Pick<World, "clock" | "lookAgain">): void {
  policies.inForce = inForce;
  world.clock.schedule(inForce ? SEEN_MADE_MS : SEEN_GONE_MS, () => {
    policies.known = policies.inForce;
    world.lookAgain();
  });
}
