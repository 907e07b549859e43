/**
 * Prometheus' query API: the one place that knows the package prometheus-query, version 3.5.
 *
 * What is put right here, by interceptors of its HTTP client: queries go by POST (they are long), end with the signal, have
 * a size limit and the CA file's certificates; the status of an error without a JSON body is kept (linkerd-viz answers 403
 * with an empty one, and it takes an answer that it cannot read for a network error); series that are native histograms, on
 * which it would throw, are left out. It makes +Inf NaN: both are refused as counts anyway. What it throws is not always an
 * Error: here everything becomes a typed answer.
 */
import { Agent as HttpsAgent } from "node:https";
import { PrometheusDriver } from "prometheus-query";
import type { Labels } from "./series.ts";
import type { Failure } from "./source.ts";

export interface ApiSample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly value: number;
}

export interface ApiSeries {
  /** Without the name. */
  readonly labels: Labels;
  readonly samples: readonly ApiSample[];
}

export type ApiAnswer = { readonly ok: true; readonly series: readonly ApiSeries[] } | Failure;

export interface ApiAccess {
  readonly url: string;
  readonly token: string | undefined;
  /** PEM. */
  readonly ca: string | undefined;
  /** What to do about a 401 or 403. */
  readonly whenForbidden: string;
}

const MAX_BYTES = 64 * 1024 * 1024;
/** The signal ends a query; this is for the case that somebody forgets to. */
const TIMEOUT_MS = 60_000;

export interface PrometheusApi {
  /** `time` in milliseconds since the epoch. */
  query(query: string, time: number, signal: AbortSignal): Promise<ApiAnswer>;
  close(): void;
}

export function createPrometheusApi({ url, token, ca, whenForbidden }: ApiAccess): PrometheusApi {
  const httpsAgent = new HttpsAgent({ keepAlive: true, ...(ca === undefined ? {} : { ca }) });
  return {
    async query(query, time, signal) {
      let rejected: Rejected | undefined;
      const driver = new PrometheusDriver({
        endpoint: url,
        preferPost: true,
        timeout: TIMEOUT_MS,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        requestInterceptor: {
          onFulfilled: (config) => Object.assign(config, { signal, httpsAgent, maxContentLength: MAX_BYTES, maxRedirects: 0 }),
        },
        responseInterceptor: {
          onFulfilled: (response) => Object.assign(response, { data: withoutNativeHistograms(response.data) }),
          onRejected: (error: Rejected) => {
            rejected = error;
            throw error;
          },
        },
      });
      try {
        const { result } = await driver.instantQuery(query, time);
        return { ok: true, series: (result as Parsed[]).map(seriesOf) };
      } catch {
        signal.throwIfAborted();
        return failureOf(rejected, whenForbidden);
      }
    },
    close: () => httpsAgent.destroy(),
  };
}

/** A range vector has values, an instant vector has one. */
interface Parsed {
  readonly metric: { readonly labels: Labels } | null;
  readonly values?: readonly ParsedSample[];
  readonly value?: ParsedSample;
}

interface ParsedSample {
  readonly time: Date;
  readonly value: number;
}

function seriesOf({ metric, values, value }: Parsed): ApiSeries {
  const samples = values ?? (value === undefined ? [] : [value]);
  return { labels: metric?.labels ?? {}, samples: samples.map((sample) => ({ at: sample.time.getTime(), value: sample.value })) };
}

function withoutNativeHistograms(body: unknown): unknown {
  const data = (body as { data?: { result?: unknown } } | null)?.data;
  if (!Array.isArray(data?.result)) return body;
  const result = data.result.filter((series: { values?: unknown; value?: unknown }) => Array.isArray(series.values ?? series.value));
  return { ...(body as object), data: { ...data, result } };
}

/** What the HTTP client rejected; an answer that it let through is no answer of Prometheus if reading it fails. */
interface Rejected {
  readonly code?: string;
  readonly message?: string;
  readonly response?: { readonly status: number; readonly data?: { readonly error?: unknown } | string };
}

function failureOf(rejected: Rejected | undefined, whenForbidden: string): Failure {
  if (rejected === undefined) return badAnswer("the address of --prometheus-url answers, but not as Prometheus does");
  const { code, message, response } = rejected;
  if (response === undefined) {
    if (message?.startsWith("maxContentLength")) return badAnswer("Prometheus' answer is larger than Serin reads");
    return unreachable(
      `Prometheus cannot be reached (${code ?? "no answer"}): see --prometheus-url, --prometheus-ca-file and NetworkPolicies`,
    );
  }
  const { status, data } = response;
  if (status === 401 || status === 403) {
    return { ok: false, reason: "Forbidden", message: `Prometheus refuses Serin (${status}): ${whenForbidden}` };
  }
  if (status >= 500) return unreachable(`Prometheus answers ${status}: is it up, and what does its log say?`);
  const said = typeof data === "object" && typeof data.error === "string" ? `: ${data.error}` : "";
  return badAnswer(`Prometheus answers ${status}${said}; is --prometheus-url its address?`);
}

function badAnswer(message: string): Failure {
  return { ok: false, reason: "BadAnswer", message };
}

function unreachable(message: string): Failure {
  return { ok: false, reason: "Unreachable", message };
}
