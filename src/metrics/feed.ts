/**
 * Samples for the controller: a session for each release, a collector for each preset, source and interval. Asking and
 * reading are synchronous; what is read is what the last poll brought.
 */
import type { Clock } from "../domain/clock.ts";
import type { SampleRequest, Samples } from "../domain/samples.ts";
import { type Collector, createCollector } from "./collector.ts";
import { faultOf, newSession, type OnSamples, readSession, type Session } from "./feed-session.ts";
import { PRESETS } from "./presets/index.ts";
import type { Preset } from "./presets/preset.ts";
import type { Failure, Source } from "./source.ts";

export interface FeedOptions {
  readonly clock: Clock;
  readonly sources: Readonly<Record<SampleRequest["source"], Source>>;
  readonly presets?: Readonly<Record<string, Preset>>;
  readonly onSamples: OnSamples;
}

export interface Feed {
  /** Starts, renews or (undefined) ends the measuring of a release. */
  request(key: string, request: SampleRequest | undefined): void;
  /** Scrapes newer than `since` (milliseconds since the epoch); older ones may be forgotten by it. */
  read(key: string, since: number): Samples;
  close(): Promise<void>;
}

interface Entry {
  readonly session: Session;
  /** The name of its collector; undefined where the preset is not known. */
  readonly collector: string | undefined;
}

const NOTHING: Samples = { scrapes: [], notices: [] };

export function createFeed({ clock, sources, presets = PRESETS, onSamples }: FeedOptions): Feed {
  const entries = new Map<string, Entry>();
  const collectors = new Map<string, Collector>();
  const closing = new Set<Promise<void>>();

  function leave(key: string): void {
    const name = entries.get(key)?.collector;
    const collector = name === undefined ? undefined : collectors.get(name);
    entries.delete(key);
    collector?.delete(key);
    if (name === undefined || collector === undefined || collector.size > 0) return;
    collectors.delete(name);
    const closed = collector.close().finally(() => closing.delete(closed));
    closing.add(closed);
  }

  function join(key: string, session: Session, name: string, preset: Preset): void {
    const { source, intervalMs } = session.request;
    const collector = collectors.get(name) ?? createCollector({ source: sources[source], preset, intervalMs, clock, onSamples });
    collectors.set(name, collector);
    collector.add(key, session);
  }

  function start(key: string, request: SampleRequest): void {
    const before = entries.get(key)?.session;
    const preset = Object.hasOwn(presets, request.preset) ? presets[request.preset] : undefined;
    const name = preset && collectorOf(request);
    if (name !== undefined && entries.get(key)?.collector === name && before !== undefined) {
      before.request = request;
      return;
    }
    const session = before !== undefined && isSameOrigin(before.request, request) ? before : newSession(request, before);
    session.request = request;
    leave(key);
    entries.set(key, { session, collector: name });
    if (name !== undefined && preset !== undefined) join(key, session, name, preset);
    else session.fault = faultOf(session, unknownPreset(request, presets), clock.now());
  }

  return {
    request(key, request) {
      if (request === undefined) leave(key);
      else start(key, request);
    },
    read(key, since) {
      const entry = entries.get(key);
      return entry === undefined ? NOTHING : readSession(entry.session, since);
    },
    async close() {
      for (const key of [...entries.keys()]) leave(key);
      await Promise.all(closing);
      await Promise.all(Object.values(sources).map((source) => source.close()));
    },
  };
}

function collectorOf({ preset, source, intervalMs }: SampleRequest): string {
  return `${preset}/${source}/${intervalMs}`;
}

/** Whether counters of both are of one kind. */
function isSameOrigin(a: SampleRequest, b: SampleRequest): boolean {
  return a.preset === b.preset && a.source === b.source;
}

function unknownPreset({ preset }: SampleRequest, presets: FeedOptions["presets"]): Failure {
  const known = Object.keys(presets ?? {}).join(", ");
  return { ok: false, reason: "BadAnswer", message: `analysis.preset ${preset} is not known; known: ${known}` };
}
