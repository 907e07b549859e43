/**
 * One poll of several sessions: which pods each still waits for, and what it has been told. A session's answer is whole as soon as all
 * of its pods are told of; other sessions' pods, late or failed, are not its concern.
 */
import { isAsked, type Session, targetsOf } from "./feed-session.ts";
import type { Failure, PodAnswer, PollAnswer, PollPart, Target } from "./source.ts";

export interface AnsweredSession {
  readonly key: string;
  readonly session: Session;
  readonly answer: PollAnswer;
}

export interface Round {
  /** Each pod once, those of a session one after the other. */
  readonly targets: readonly Target[];
  isCurrent(target: Target): boolean;
  /** The sessions that have all of their answer now. */
  told(part: PollPart): readonly AnsweredSession[];
  /** All others: what they were not told of has failed so; undefined: nothing has. */
  ended(failure: Failure | undefined): readonly AnsweredSession[];
}

interface Entry {
  readonly key: string;
  readonly session: Session;
  /** Uids. */
  readonly waiting: Set<string>;
  readonly pods: Map<string, PodAnswer>;
  /** Of whole parts, by pod. */
  readonly failures: Map<string, Failure>;
  isRead: boolean;
}

export function createRound(sessions: readonly (readonly [string, Session])[]): Round {
  const open = new Set<Entry>();
  const byUid = new Map<string, Entry[]>();
  const targets = new Map<string, Target>();
  for (const [key, session] of sessions) {
    const own = targetsOf(key, session);
    const entry: Entry = { key, session, waiting: new Set(), pods: new Map(), failures: new Map(), isRead: false };
    open.add(entry);
    for (const target of own) {
      const { uid } = target.pod;
      targets.set(uid, merged(targets.get(uid), target));
      if (entry.waiting.has(uid)) continue;
      entry.waiting.add(uid);
      byUid.set(uid, [...(byUid.get(uid) ?? []), entry]);
    }
  }

  function close(entries: Iterable<Entry>, failure?: Failure): AnsweredSession[] {
    return [...entries].map((entry) => {
      open.delete(entry);
      return { key: entry.key, session: entry.session, answer: answerOf(entry, failure) };
    });
  }

  return {
    targets: [...targets.values()],
    isCurrent: (target) => byUid.get(target.pod.uid)?.some(({ session }) => isAsked(session, target)) ?? false,
    told({ targets: these, answer }) {
      const whole = new Set<Entry>();
      for (const { pod } of these) {
        for (const entry of byUid.get(pod.uid) ?? []) {
          if (!entry.waiting.delete(pod.uid)) continue;
          note(entry, pod.uid, answer);
          if (entry.waiting.size === 0) whole.add(entry);
        }
      }
      return close(whole);
    },
    ended: (failure) => close(open, failure),
  };
}

function note(entry: Entry, uid: string, answer: PollAnswer): void {
  if (!answer.ok) {
    entry.failures.set(uid, answer);
    return;
  }
  entry.isRead = true;
  const pod = answer.pods.get(uid);
  if (pod !== undefined) entry.pods.set(uid, pod);
}

/** What failed for all of its pods is said as it was told. */
function answerOf({ waiting, pods, failures, isRead }: Entry, failure: Failure | undefined): PollAnswer {
  const first = failures.values().next().value ?? failure;
  if (!isRead && first !== undefined) return first;
  const late = failure === undefined ? [] : [...waiting].map((uid) => [uid, failure] as const);
  return { ok: true, pods: new Map<string, PodAnswer>([...pods, ...failures, ...late]) };
}

/** A pod that is asked for twice (by two releases, or as server and as client) is read once, for all views. */
function merged(before: Target | undefined, target: Target): Target {
  if (before === undefined) return target;
  return { ...before, views: new Set([...before.views, ...target.views]), since: Math.min(before.since, target.since) };
}
