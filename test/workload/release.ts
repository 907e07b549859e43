/** The release that was done by hand on a real API server: every write with its answer. */
import { readFileSync } from "node:fs";
import type { KubeObject } from "../../src/domain/kube.ts";

interface Exchange {
  readonly request: { readonly method: string; readonly path: string; readonly body: unknown };
  readonly response: { readonly status: number; readonly body: KubeObject };
}

const file = new URL("../fixtures/kube-apiserver/raw/release.json", import.meta.url);
export const release = (JSON.parse(readFileSync(file, "utf8")) as { exchanges: Exchange[] }).exchanges;

/** The first write of this method to a path that ends so, and the object that the server answered. */
export function written<T>(method: string, end: string, nth = 0): { body: T; answer: KubeObject } {
  const found = release.filter(({ request }) => request.method === method && request.path.endsWith(end))[nth];
  if (found === undefined) throw new Error(`no ${method} ${end} (${nth})`);
  return { body: found.request.body as T, answer: found.response.body };
}
