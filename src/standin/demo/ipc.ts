/**
 * Calls between the demo and its child processes, over Node's own channel between parent and child. A child that loses its parent
 * ends itself; in the usual case the parent ends it.
 */
import type { ChildProcess } from "node:child_process";

/** What a role answers: each member takes at most one argument, which JSON can carry, and so it can the answer. */
export type Role = Readonly<Record<string, (argument: never) => unknown>>;

/** The same role, seen from the parent. */
export type Remote<R> = {
  readonly [Name in keyof R]: R[Name] extends (...args: infer Args) => infer Answer ? (...args: Args) => Promise<Awaited<Answer>> : never;
};

interface Call {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

type Reply = { readonly id: number } & ({ readonly answer: unknown } | { readonly error: string });

/** `orphaned`: the parent is gone, whatever killed it. */
export function serveParent(role: Role, orphaned: () => void): void {
  process.on("disconnect", () => {
    orphaned();
    process.exit(0);
  });
  process.on("message", (call: Call) => {
    void answerTo(role, call).then((reply) => process.send?.(reply));
  });
}

async function answerTo(role: Role, { id, name, argument }: Call): Promise<Reply> {
  try {
    return { id, answer: await role[name]?.(argument as never) };
  } catch (error) {
    return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

export function remoteOf<R>(child: ChildProcess): Remote<R> {
  const waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>();
  let calls = 0;
  child.on("message", (reply: Reply) => {
    const call = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ("error" in reply) call?.reject(new Error(reply.error));
    else call?.resolve(reply.answer);
  });
  child.on("exit", () => {
    for (const { reject } of waiting.values()) reject(new Error("the process has ended"));
    waiting.clear();
  });
  const call = (name: string, argument: unknown) =>
    new Promise<unknown>((resolve, reject) => {
      calls += 1;
      waiting.set(calls, { resolve, reject });
      child.send({ id: calls, name, argument } satisfies Call, (error) => {
        if (error !== null) reject(error);
      });
    });
  return new Proxy(
    {},
    { get: (_target, name) => (name === "then" ? undefined : (argument: unknown) => call(String(name), argument)) },
  ) as Remote<R>;
}
