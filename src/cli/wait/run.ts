/** Waits by watches until a release is decided, telling what happens on the way. */
import { parseDuration } from "../../domain/duration.ts";
import type { Invocation } from "../command.ts";
import type { Cluster } from "../connect.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { remark, say } from "../io.ts";
import { printed } from "../output.ts";
import { factsOf } from "../release/facts.ts";
import { leaseWarning } from "../release/lease.ts";
import { readController, readRollout, targetOf } from "../release/read.ts";
import { watchRelease } from "../release/watch.ts";
import { begin, type Look, look, type Memory, type Wanted } from "./follow.ts";

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly leaseNamespace?: string | undefined;
  readonly output?: "json" | undefined;
}

type Ended = Extract<Look, { type: "ended" }>;

export async function waitFor(
  cluster: Cluster,
  name: string,
  wanted: Wanted,
  options: WaitOptions,
  { io, signal }: Pick<Invocation, "io" | "signal">,
): Promise<ExitCode> {
  const tell = options.output === undefined ? (line: string) => say(io, line) : (line: string) => remark(io, line);
  const rollout = await readRollout(cluster, name, signal);
  const target = targetOf(rollout);
  const question = { rollout, leaseNamespace: options.leaseNamespace, now: io.clock.now() };
  const warning = leaseWarning(await readController(cluster, question, signal));
  if (warning !== undefined) remark(io, `serin: ${warning}`);

  const overtime = new AbortController();
  const cancel = io.clock.schedule(options.timeoutMs, () => overtime.abort());
  const progress = { line: "" };
  try {
    const until = AbortSignal.any([signal, overtime.signal]);
    const onTrouble = (error: unknown) => remark(io, `serin: trying on: ${error instanceof Error ? error.message : error}`);
    const watched = watchRelease({ cluster, name, target, clock: io.clock, onTrouble }, until);
    const ended = await watchUntilEnded(watched, wanted, (line) => {
      if (line !== progress.line) tell(line);
      progress.line = line;
    });
    return finish(ended, options, { say: (text) => say(io, text), tell });
  } catch (error) {
    if (!overtime.signal.aborted || signal.aborted) throw error;
    throw new Failure(EXIT.timedOut, `${name} is not decided in time; last: ${progress.line}`, [`serin status ${name}`]);
  } finally {
    cancel();
  }
}

async function watchUntilEnded(watched: ReturnType<typeof watchRelease>, wanted: Wanted, tell: (line: string) => void): Promise<Ended> {
  let memory: Memory | undefined;
  for await (const { rollout, ...objects } of watched) {
    if (rollout === undefined)
      return { type: "ended", code: EXIT.failed, text: "the CanaryRollout was deleted", revision: memory?.revision };
    const facts = factsOf({ rollout, ...objects });
    const seen = look(facts, wanted, memory ?? begin(facts));
    if (seen.type === "ended") return seen;
    memory = seen.memory;
    tell(seen.line);
  }
  throw new Error("the watch ended by itself");
}

function finish(ended: Ended, { output }: WaitOptions, to: { say(text: string): void; tell(text: string): void }): ExitCode {
  const { code, text, revision } = ended;
  to.tell(text);
  if (output === "json") to.say(printed({ exitCode: code, revision, text }, "json"));
  return code;
}

/** The value of `--timeout`. */
export function timeoutMsOf(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms === 0)
    throw new Failure(EXIT.badInput, `--timeout ${text} is no duration`, ["write for example 90s, 30m or 1h30m"]);
  return ms;
}
