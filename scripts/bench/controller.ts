/** A controller under measurement: what it logs, and what its own /metrics say. */
import { systemClock as clock } from "../../src/domain/clock.ts";
import type { Program } from "../../src/standin/demo/children.ts";

export interface Usage {
  readonly cpuSeconds: number;
  /** Resident set, in bytes. */
  readonly memory: number;
  readonly queueDepth: number;
  readonly queueLagSeconds: number;
  readonly loopLagSeconds: number;
}

export interface Controller {
  /** `clock.monotonic()` when it was started. */
  readonly startedAt: number;
  usage(): Promise<Usage>;
  /** Resolves with the milliseconds since its start at which it first logged that. */
  logged(text: string, withinMs: number): Promise<number>;
  kill(): Promise<void>;
}

const LOOK_MS = 50;

export function controllerAt(program: Program, log: () => Promise<string>, startedAt: number): Controller {
  let port: string | undefined;

  async function lineWith(text: string, withinMs: number): Promise<{ readonly line: string; readonly at: number }> {
    for (const end = clock.monotonic() + withinMs; ; await clock.sleep(LOOK_MS)) {
      const line = (await log()).split("\n").find((one) => one.includes(text));
      if (line !== undefined) return { line, at: clock.monotonic() - startedAt };
      if (clock.monotonic() > end)
        throw new Error(`the controller did not log ${JSON.stringify(text)} within ${withinMs / 1000} s:\n${await log()}`);
    }
  }

  return {
    startedAt,
    async usage() {
      port ??= String((JSON.parse((await lineWith("serin controller starts", 60_000)).line) as { port: number }).port);
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
      const values = valuesOf(await answer.text());
      return {
        cpuSeconds: values("process_cpu_seconds_total"),
        memory: values("process_resident_memory_bytes"),
        queueDepth: values("serin_queue_depth"),
        queueLagSeconds: values("serin_queue_lag_seconds"),
        loopLagSeconds: values("serin_event_loop_lag_seconds"),
      };
    },
    logged: async (text, withinMs) => (await lineWith(text, withinMs)).at,
    kill: () => program.kill(),
  };
}

function valuesOf(text: string): (name: string) => number {
  const values = new Map(text.split("\n").map((line) => line.split(" ") as [string, string]));
  return (name) => Number(values.get(name));
}
