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
  const headers = { Accept: request.accept, "Content-Type": request.contentType, ...(authorization && { Authorization: authorization }) };
  const body = request.body === undefined ? null : JSON.stringify(names.translate(request.body));
  const response = await fetch(`${url}${translatedPath(request.path, names)}`, { method: request.method, headers, body });
  return {
    status: response.status,
    contentType: response.headers.get("content-type") ?? "",
    warning: response.headers.get("warning") ?? undefined,
    retryAfter: response.headers.get("retry-after") ?? undefined,
    body: parsed(await response.text(), request.path),
  };
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
