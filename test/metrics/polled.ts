/** One poll of a source, put together: what it told of its parts. */
import type { PodAnswer, PollAnswer, PollOrder, PollPart, Source } from "../../src/metrics/source.ts";

/** Every target is told of once. Where nothing could be read, the first failure. */
export async function polled(source: Source, order: PollOrder, signal: AbortSignal): Promise<PollAnswer> {
  const parts: PollPart[] = [];
  await source.poll(order, (part) => parts.push(part), signal);
  const told = parts.flatMap(({ targets }) => targets);
  if (told.length !== order.targets.length || new Set(told).size !== told.length) throw new Error(`told of ${told.length} targets`);
  const failure = parts.map(({ answer }) => answer).find((answer) => !answer.ok);
  if (failure !== undefined && parts.every(({ answer }) => !answer.ok)) return failure;
  return { ok: true, pods: new Map(parts.flatMap(podsOf)) };
}

function podsOf({ targets, answer }: PollPart): (readonly [string, PodAnswer])[] {
  return answer.ok ? [...answer.pods] : targets.map(({ pod }) => [pod.uid, answer] as const);
}
