/** What a phase and its reason mean to a script: one of the exit codes. Pure. */
import { REASON } from "../../api/reasons.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Facts } from "./facts.ts";

/** Traffic is held and no verdict will come by itself. */
const FOR_EVIDENCE: readonly string[] = [REASON.Inconclusive, REASON.InsufficientTraffic, REASON.TrafficUnconfirmed];

export function exitCodeOf(facts: Facts): ExitCode {
  const { status, reason, stalled, unseen, observed } = facts;
  if (unseen || !observed) return EXIT.stillRunning;
  switch (status.phase) {
    case "Ready":
      return EXIT.done;
    case "RolledBack":
      return EXIT.failed;
    case "RollingBack":
      return status.canary?.outcome === "RolledBack" ? EXIT.failed : EXIT.stillRunning;
    case "Paused":
      return stalled || FOR_EVIDENCE.includes(reason) ? EXIT.inconclusive : EXIT.waitingForPerson;
    case "Stalled":
      return stalledCode(reason);
    case undefined:
    case "Initializing":
    case "Pending":
    case "Progressing":
    case "Promoting":
    case "Terminating":
      return EXIT.stillRunning;
    default:
      return status.phase satisfies never;
  }
}

function stalledCode(reason: string): ExitCode {
  if (reason === REASON.InvalidSpec) return EXIT.badInput;
  if (reason === REASON.MetricsUnavailable) return EXIT.unreachable;
  return FOR_EVIDENCE.includes(reason) ? EXIT.inconclusive : EXIT.failed;
}
