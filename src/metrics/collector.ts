/**
 * Polls one source for all releases that share a preset, a source and an interval: in one go, one poll at a time. Each release is
 * told as soon as its own pods are answered. A poll ends when nothing good has come for most of an interval; one that takes longer
 * while answers come delays the next. A release that joins in between is polled at once, by itself, for its base.
 */
import { type Clock, steady } from "../domain/clock.ts";
import type { OnSamples, Session } from "./feed-session.ts";
import { opensAt, takeAnswer, wantedSince } from "./feed-session.ts";
import type { Preset } from "./presets/preset.ts";
import { type AnsweredSession, createRound, type Round } from "./round.ts";
import { type Failure, LATE, LATE_SHARE, type PollOrder, type Source } from "./source.ts";

export interface CollectorOptions {
  readonly source: Source;
  readonly preset: Preset;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly onSamples: OnSamples;
}

export interface Collector {
  readonly size: number;
  add(key: string, session: Session): void;
  delete(key: string): void;
  /** Resolves when nothing of it runs any more. */
  close(): Promise<void>;
}

export function createCollector(options: CollectorOptions): Collector {
  const { clock, intervalMs, onSamples } = options;
  const sessions = new Map<string, Session>();
  const closing = new AbortController();
  const time = steady(clock).now;
  let nap = new AbortController();

  async function run(): Promise<void> {
    let dueAt = clock.monotonic();
    // Whoever adds the first session says in the same turn from when on samples are wanted.
    await Promise.resolve();
    while (!closing.signal.aborted) {
      const isDue = clock.monotonic() >= dueAt;
      const asked = [...sessions].filter(([, { openedAt }]) => isDue || openedAt === undefined);
      if (isDue) dueAt = clock.monotonic() + intervalMs;
      if (asked.length > 0) await pollThese(asked);
      else await rest(dueAt - clock.monotonic());
    }
  }

  async function rest(ms: number): Promise<void> {
    nap = new AbortController();
    await clock.sleep(ms, AbortSignal.any([closing.signal, nap.signal])).catch(() => undefined);
  }

  async function pollThese(asked: readonly (readonly [string, Session])[]): Promise<void> {
    const now = time();
    for (const [, session] of asked) session.openedAt ??= opensAt(session, options.source, now);
    const round = createRound(asked);
    const take = (answered: readonly AnsweredSession[]) => {
      for (const { key, session, answer } of answered) {
        if (closing.signal.aborted || sessions.get(key) !== session) continue;
        onSamples(key, takeAnswer(session, answer, options.preset, now));
      }
    };
    const since = Math.min(...asked.map(([, session]) => wantedSince(session, now)));
    take(round.ended(await poll(options, round, { now, since }, take, closing.signal)));
  }

  const running = run();
  return {
    get size() {
      return sessions.size;
    },
    add(key, session) {
      sessions.set(key, session);
      nap.abort();
    },
    delete(key) {
      sessions.delete(key);
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}

/** Answers what became of the pods that were not told of. */
async function poll(
  { source, preset, intervalMs, clock }: CollectorOptions,
  { targets, isCurrent, told }: Round,
  times: Pick<PollOrder, "now" | "since">,
  take: (answered: readonly AnsweredSession[]) => void,
  closing: AbortSignal,
): Promise<Failure | undefined> {
  const late = new AbortController();
  const wait = () => clock.schedule(intervalMs * LATE_SHARE, () => late.abort());
  let cancel = wait();
  try {
    await source.poll(
      { preset, intervalMs, targets, isCurrent, ...times },
      (part) => {
        if (part.answer.ok) {
          cancel();
          cancel = wait();
        }
        take(told(part));
      },
      AbortSignal.any([closing, late.signal]),
    );
    return undefined;
  } catch (error) {
    if (late.signal.aborted) return LATE;
    return { ok: false, reason: "BadAnswer", message: `the metrics could not be read: ${error instanceof Error ? error.message : error}` };
  } finally {
    cancel();
  }
}
