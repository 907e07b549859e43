/** Plays recorded requests against a server, in order, under the names that objects have there. */
import type { Exchange, Names } from "./recording.ts";

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly warning: string | undefined;
  readonly retryAfter: string | undefined;
  readonly body: unknown;
}

export async function play(url: string, { request }: Exchange, names: Names, authorization?: string): Promise<Answer> {
  const headers = {
    Accept: request.accept,
    ...(request.contentType !== undefined && { "Content-Type": request.contentType }),
    ...(authorization && { Authorization: authorization }),
  };
  const body = bodyOf(request, names);
  const response = await fetch(`${url}${translatedPath(request.path, names)}`, { method: request.method, headers, body });
  return {
    status: response.status,
    contentType: response.headers.get("content-type") ?? "",
    warning: response.headers.get("warning") ?? undefined,
    retryAfter: response.headers.get("retry-after") ?? undefined,
    body: parsed(await response.text(), request.path),
  };
}

/** Protobuf is recorded as text, and sent as it is. */
function bodyOf({ body, contentType }: Exchange["request"], names: Names): string | null {
  if (body === undefined) {
    return null;
  }
  return contentType.includes("protobuf") ? String(body) : JSON.stringify(names.translate(body));
}

const LOOK_EVERY_MS = 5;
/** Of the events that came by then the test tells the difference. */
const GIVES_UP_AFTER_MS = 10_000;

/** A watch that has begun. */
export interface RecordedWatch {
  /** Its first events, as many as were recorded. `letPass` makes time pass while they are waited for. */
  answer(letPass: (ms: number) => void): Promise<Answer>;
}

/** Resolves when the server has taken it. */
export async function openRecordedWatch(url: string, { request, response: recorded }: Exchange, names: Names): Promise<RecordedWatch> {
  const controller = new AbortController();
  const response = await fetch(`${url}${translatedPath(request.path, names)}`, {
    headers: { Accept: request.accept },
    signal: controller.signal,
  });
  const events: unknown[] = [];
  const wanted = (recorded.body as unknown[]).length;
  const enough = collect(response, events, wanted);
  return {
    async answer(letPass) {
      const waiting = setInterval(() => letPass(LOOK_EVERY_MS), 1);
      const inTime = AbortSignal.timeout(GIVES_UP_AFTER_MS);
      inTime.addEventListener("abort", () => controller.abort());
      await enough.catch(() => {}).finally(() => clearInterval(waiting));
      controller.abort();
      const contentType = response.headers.get("content-type") ?? "";
      return { status: response.status, contentType, warning: undefined, retryAfter: undefined, body: events };
    },
  };
}

async function collect(response: Response, events: unknown[], wanted: number): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body ?? []) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    events.push(...lines.slice(0, wanted - events.length).map((line): unknown => JSON.parse(line)));
    if (events.length === wanted) {
      return;
    }
  }
}

function translatedPath(path: string, names: Names): string {
  const [place = "", query] = path.split("?");
  if (query === undefined) {
    return path;
  }
  const pairs = [...new URLSearchParams(query)].map(([key, value]): [string, string] => [
    key,
    ["resourceVersion", "continue"].includes(key) ? names.translate(value) : value,
  ]);
  return `${place}?${new URLSearchParams(pairs)}`;
}

/** The lines of a watch as a list; null where there are none. */
function parsed(text: string, path: string): unknown {
  if (path.includes("watch=true")) {
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.length === 0 ? null : lines.map((line): unknown => JSON.parse(line));
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
