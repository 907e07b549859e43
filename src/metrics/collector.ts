/**
 * Polls one source for all releases that share a preset, a source and an interval: in one go, one poll at a time, each with
 * an end before the next is due. A release that joins in between is polled at once, by itself, for its base.
 */
import { type Clock, steady } from "../domain/clock.ts";
import type { Session } from "./feed-session.ts";
import { isAsked, opensAt, takeAnswer, targetsOf, wantedSince } from "./feed-session.ts";
import type { Preset } from "./presets/preset.ts";
import type { PollAnswer, PollOrder, Source, Target } from "./source.ts";

export interface CollectorOptions {
  readonly source: Source;
  readonly preset: Preset;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly onSamples: (key: string) => void;
}

export interface Collector {
  readonly size: number;
  add(key: string, session: Session): void;
  delete(key: string): void;
  /** Resolves when nothing of it runs any more. */
  close(): Promise<void>;
}

/** Of the interval: what has not answered by then comes with the next poll. */
const TIMEOUT_SHARE = 0.8;

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
    const answer = await poll(
      options,
      asked.map(([, session]) => session),
      now,
      closing.signal,
    );
    if (closing.signal.aborted) return;
    for (const [key, session] of asked) {
      if (sessions.get(key) !== session) continue;
      takeAnswer(session, answer, options.preset, now);
      onSamples(key);
    }
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

async function poll(options: CollectorOptions, sessions: readonly Session[], now: number, closing: AbortSignal): Promise<PollAnswer> {
  const { source, preset, intervalMs, clock } = options;
  const late = new AbortController();
  const cancel = clock.schedule(intervalMs * TIMEOUT_SHARE, () => late.abort());
  const order: PollOrder = {
    preset,
    intervalMs,
    now,
    targets: unique(sessions.flatMap(({ request }) => targetsOf(request))),
    since: Math.min(...sessions.map((session) => wantedSince(session, now))),
    isCurrent: (target) => sessions.some((session) => isAsked(session, target)),
  };
  try {
    return await source.poll(order, AbortSignal.any([closing, late.signal]));
  } catch (error) {
    if (late.signal.aborted)
      return { ok: false, reason: "Unreachable", message: "the metrics did not arrive before the next poll was due" };
    return { ok: false, reason: "BadAnswer", message: `the metrics could not be read: ${error instanceof Error ? error.message : error}` };
  } finally {
    cancel();
  }
}

/** A pod that is asked for twice (by two releases, or as server and as client) is read once, for all views. */
function unique(targets: readonly Target[]): Target[] {
  const byUid = new Map<string, Target>();
  for (const target of targets) {
    const before = byUid.get(target.pod.uid);
    byUid.set(target.pod.uid, before === undefined ? target : { ...target, views: new Set([...before.views, ...target.views]) });
  }
  return [...byUid.values()];
}
