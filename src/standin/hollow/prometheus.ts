/**
 * The part of Prometheus' query API by which raw samples of pods are asked for (`family{matchers}[range]`), over a hollow mesh.
 * Any other query is refused as Prometheus refuses what it cannot parse.
 */
import { createServer, type IncomingMessage } from "node:http";
import { LOOPBACK, listen } from "../forward-proxy/listen.ts";
import type { HollowMesh, PodSamples } from "./mesh.ts";

export interface HollowPrometheus {
  readonly url: string;
  /** Queries so far, and the samples that went out. */
  readonly counts: { queries: number; samples: number };
}

const SELECTOR = /^(?<family>\w+)\{(?<matchers>.*)\}\[(?<seconds>\d+)s\]$/;
const MATCHER = /(?<label>\w+)=~"(?<values>(?:[^"\\]|\\.)*)"/g;

interface Query {
  readonly family: string;
  readonly pods: readonly string[];
  readonly rangeMs: number;
}

export async function startHollowPrometheus(mesh: HollowMesh, signal: AbortSignal): Promise<HollowPrometheus> {
  const counts = { queries: 0, samples: 0 };
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      counts.queries += 1;
      const form = new URLSearchParams(text);
      const query = parse(form.get("query") ?? "", mesh);
      const time = Number(form.get("time")) * 1000;
      const result = query === undefined ? undefined : answer(query, mesh, time);
      response.statusCode = result === undefined ? 400 : 200;
      response.setHeader("content-type", "application/json");
      const body = result === undefined ? REFUSED : { status: "success", data: { resultType: "matrix", result } };
      response.end(JSON.stringify(body), () => mesh.told(query?.family === "response_total" ? query.pods : [], time));
      counts.samples += result?.reduce((sum, { values }) => sum + values.length, 0) ?? 0;
    });
  });
  const port = await listen(server);
  signal.addEventListener("abort", () => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://${LOOPBACK}:${port}`, counts };
}

const REFUSED = {
  status: "error",
  errorType: "bad_data",
  error: "only range selectors with lists of namespaces and pods are answered here",
};

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** The pods are those that exist, of all that the matchers admit. */
function parse(text: string, mesh: HollowMesh): Query | undefined {
  const { family = "", matchers = "", seconds } = SELECTOR.exec(text)?.groups ?? {};
  if (seconds === undefined) return undefined;
  const lists = new Map([...matchers.matchAll(MATCHER)].map(({ groups = {} }) => [groups["label"], alternatives(groups["values"] ?? "")]));
  const [namespaces = [], pods = []] = [lists.get("namespace"), lists.get("pod")];
  const keys = pods.flatMap((pod) => namespaces.map((namespace) => `${namespace}/${pod}`));
  return { family, pods: keys.filter((key) => mesh.pod(key) !== undefined), rangeMs: Number(seconds) * 1000 };
}

/** Of a regular expression that is a list of names; quoted twice, as text of the query and in the expression. */
function alternatives(values: string): string[] {
  return values
    .replaceAll(/\\(.)/g, "$1")
    .split("|")
    .map((value) => value.replaceAll(/\\(.)/g, "$1"));
}

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

function answer({ family, pods, rangeMs }: Query, mesh: HollowMesh, time: number): Series[] {
  return pods.flatMap((key) => {
    const pod = mesh.pod(key);
    return pod === undefined
      ? []
      : seriesOf(family, key, { ...pod, samples: pod.samples.filter(({ at }) => at <= time && at > time - rangeMs) });
  });
}

function seriesOf(family: string, key: string, { startedAt, samples }: PodSamples): Series[] {
  const [namespace = "", pod = ""] = key.split("/");
  const series = (labels: Readonly<Record<string, string>>, value: (sample: PodSamples["samples"][number]) => number): Series[] =>
    samples.length === 0
      ? []
      : [
          {
            metric: { __name__: family, namespace, pod, job: "linkerd-proxy", ...labels },
            values: samples.map((sample) => [sample.at / 1000, String(value(sample))]),
          },
        ];
  if (family === "process_start_time_seconds") return series({}, () => Math.floor(startedAt / 1000));
  if (family !== "response_total") return [];
  const inbound = { direction: "inbound", target_port: "8080", tls: "true", route_name: "default" };
  return [
    ...series({ ...inbound, classification: "success", status_code: "200" }, ({ succeeded }) => succeeded),
    ...(samples.some(({ failed }) => failed > 0)
      ? series({ ...inbound, classification: "failure", status_code: "500" }, ({ failed }) => failed)
      : []),
  ];
}
