/**
 * A kubelet's probes of one pod. Readiness decides; liveness is asked, so that proxies count it as they would, and has no
 * consequence here. Results come by `report`, only when they change.
 */
import { request } from "undici";
import type { Clock } from "../../domain/clock.ts";
import { LOOPBACK } from "../forward-proxy/listen.ts";
import type { HttpProbe } from "./probes.ts";

const USER_AGENT = "kube-probe/1.36";
/** A container that is not ready yet is asked more often than its period says, so that a story is not slow for nothing. */
const EAGER_MS = 250;

export interface ProberOptions {
  readonly probes: readonly HttpProbe[];
  /** The local port behind a port of the pod. */
  readonly localPort: (port: number) => number | undefined;
  /** Names of the containers that are not ready. */
  readonly report: (unready: ReadonlySet<string>) => void;
  readonly clock: Clock;
}

/** Reports once at the beginning, then at each change, until the signal ends it. */
export function startProber({ probes, localPort, report, clock }: ProberOptions, signal: AbortSignal): void {
  const waiting = new Set(probes.filter(({ kind }) => kind === "readiness"));

  function tell(): void {
    if (!signal.aborted) report(new Set([...waiting].map(({ container }) => container)));
  }

  async function ask(probe: HttpProbe): Promise<boolean> {
    const port = localPort(probe.port);
    if (port === undefined) return false;
    const url = `http://${LOOPBACK}:${port}${probe.path}`;
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(probe.timeoutMs)]);
      const answer = await request(url, { headers: { "user-agent": USER_AGENT }, reset: true, signal: limit });
      await answer.body.dump();
      return answer.statusCode >= 200 && answer.statusCode < 400;
    } catch {
      return false;
    }
  }

  async function run(probe: HttpProbe): Promise<void> {
    let failures = 0;
    await clock.sleep(probe.initialDelayMs, signal);
    for (;;) {
      const good = await ask(probe);
      failures = good ? 0 : failures + 1;
      const known = waiting.size;
      if (good) waiting.delete(probe);
      else if (probe.kind === "readiness" && failures >= probe.failureThreshold) waiting.add(probe);
      if (waiting.size !== known) tell();
      await clock.sleep(waiting.has(probe) ? Math.min(probe.periodMs, EAGER_MS) : probe.periodMs, signal);
    }
  }

  tell();
  for (const probe of probes) run(probe).catch(() => undefined);
}
