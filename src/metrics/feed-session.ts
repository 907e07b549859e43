/** One release in the feed: what it asks for, what was measured, and what of it is still to be read. */
import type { SampleFault, SampleNotice, SampleRequest, Samples, Scrape } from "../domain/samples.ts";
import type { Preset } from "./presets/preset.ts";
import type { View } from "./series.ts";
import { NEW_SESSION, pollSession, type SessionState } from "./session.ts";
import type { Failure, PollAnswer, Source, Target } from "./source.ts";

export interface Session {
  /** Renewed by whoever asks. */
  request: SampleRequest;
  /** Milliseconds since the epoch: from when on counts are wanted; undefined before the first poll. */
  openedAt: number | undefined;
  state: SessionState;
  scrapes: readonly Scrape[];
  fault: SampleFault | undefined;
  notices: readonly SampleNotice[];
  /** Milliseconds since the epoch: what is older was read before; undefined until somebody reads. */
  since: number | undefined;
}

/** After each poll: what there is to read of this release may have changed; `failing`: the canary has failed requests since the last. */
export type OnSamples = (key: string, failing: boolean) => void;

/** `before`: the same release's, with another source or preset: its counters mean nothing now, its scrapes are still wanted. */
export function newSession(request: SampleRequest, before?: Session): Session {
  return {
    request,
    openedAt: undefined,
    state: { ...NEW_SESSION, coveredTo: before?.state.coveredTo ?? 0 },
    scrapes: before?.scrapes ?? [],
    fault: undefined,
    notices: [],
    since: before?.since,
  };
}

export function readSession(session: Session, since: number): Samples {
  session.since = since;
  session.scrapes = session.scrapes.filter(({ at }) => at > since);
  const { scrapes, fault, notices } = session;
  return { scrapes, notices, ...(fault === undefined ? {} : { fault }) };
}

/** How far back history is read where somebody asks for more: what is longer ago than a failover or two. */
const MAX_HISTORY_MS = 15 * 60_000;

/** Where a session begins whose first poll is at `now`, even if that poll fails. */
export function opensAt({ since = 0 }: Session, { keepsHistory }: Pick<Source, "keepsHistory">, now: number): number {
  return keepsHistory && since > 0 ? Math.min(now, Math.max(since, now - MAX_HISTORY_MS)) : now;
}

/** The last sample before this is needed, and all after it. */
export function wantedSince({ state, openedAt }: Session, now: number): number {
  return state.openedAt === undefined ? (openedAt ?? now) : state.coveredTo;
}

const MAX_SCRAPES = 10_000;
const MAX_AGE_MS = 2 * 60 * 60_000;

/** Answers whether it brought failures of the canary. */
export function takeAnswer(session: Session, answer: PollAnswer, preset: Preset, now: number): boolean {
  if (!answer.ok) {
    session.fault = faultOf(session, answer, now);
    return false;
  }
  const { request, state } = session;
  const output = pollSession(state, { preset, request, answers: answer.pods, openAt: session.openedAt ?? now });
  session.state = output.state;
  session.scrapes = [...session.scrapes, ...output.scrapes].filter(({ at }) => at > now - MAX_AGE_MS).slice(-MAX_SCRAPES);
  session.notices = output.notices;
  session.fault = output.failure && faultOf(session, output.failure, now);
  return output.scrapes.some(({ canary }) => canary.failures > 0);
}

/** A fault that turns into another has lasted since the first. */
export function faultOf({ fault }: Pick<Session, "fault">, { reason, message }: Failure, now: number): SampleFault {
  return { reason, message, since: fault?.since ?? now };
}

export function targetsOf(release: string, { request, state }: Session): Target[] {
  const { namespace, stable, canary, clients } = request;
  const of = (pods: SampleRequest["stable"], view: View) =>
    pods.map((pod) => ({ namespace, pod, views: new Set([view]), release, since: state.pods.get(pod.uid)?.at ?? 0 }));
  return [...of([...stable, ...canary], "server"), ...of(clients, "client")];
}

/** Whether this pod, with this address, is among those that are asked for now. */
export function isAsked({ request }: Session, { pod }: Target): boolean {
  const isIt = ({ uid, ip }: SampleRequest["stable"][number]) => uid === pod.uid && ip === pod.ip;
  return request.canary.some(isIt) || request.stable.some(isIt) || request.clients.some(isIt);
}
