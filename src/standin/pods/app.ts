/** The stand-in application: `/ready` for probes, and anything else answered as its version behaves. */
import type { Clock } from "../../domain/clock.ts";
import { answerOf, type Behaviour } from "../../sim/mesh/behaviour.ts";
import type { App } from "../mesh/inbound-proxy.ts";

/** Which version answered, for whoever counts by it. */
export const VERSION_HEADER = "x-version";
const POD_HEADER = "x-pod";

export interface AppOptions {
  readonly pod: string;
  readonly behaviour: Behaviour;
  readonly random: () => number;
  readonly clock: Clock;
}

/** The answer of the app; its age counts from this call. */
export function createApp({ pod, behaviour, random, clock }: AppOptions): App {
  const started = clock.monotonic();
  return async ({ path }) => {
    const headers = { "content-type": "application/json", [VERSION_HEADER]: behaviour.version, [POD_HEADER]: pod };
    if (path === "/ready") return { status: 200, headers, body: "" };
    const { status, latencyMs } = answerOf(behaviour, clock.monotonic() - started, random);
    await clock.sleep(latencyMs);
    return { status, headers, body: `${JSON.stringify({ version: behaviour.version, pod })}\n` };
  };
}
