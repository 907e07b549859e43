import { expect, test } from "vitest";
import { costsBetween, costsOf } from "../../../src/standin/demo/costs.ts";
import { closingLine, isAsItShouldBe, type ReleaseRun, reportOf } from "../../../src/standin/demo/report.ts";

const costs = { apiWrites: 40, apiReads: 31, leaseWrites: 5, metricQueries: 0, scrapes: 400, podsStarted: 6 };

function run(change: Partial<ReleaseRun> = {}): ReleaseRun {
  return {
    outcome: "Promoted",
    startedAt: 10_000,
    finishedAt: 70_500,
    weights: [
      { at: 12_000, weight: 0 },
      { at: 12_500, weight: 1 },
      { at: 24_000, weight: 20 },
      { at: 40_000, weight: 100 },
      { at: 60_000, weight: undefined },
    ],
    requests: 12_000,
    failedRequests: 0,
    firstFailureAt: undefined,
    costs,
    ...change,
  };
}

const cut = run({
  outcome: "RolledBack",
  weights: [
    { at: 12_000, weight: 0 },
    { at: 13_000, weight: 1 },
    { at: 25_000, weight: 5 },
    { at: 29_240, weight: 0 },
    { at: 36_000, weight: undefined },
  ],
  firstFailureAt: 28_000,
  failedRequests: 15,
});

test("steps last from their weight to the next, the cut from the first failed answer to weight 0", () => {
  const report = reportOf(run(), cut, { requests: 7000, failedRequests: 1912 });
  expect(report.good.steps).toEqual([
    { weight: 1, seconds: 11.5 },
    { weight: 20, seconds: 16 },
    { weight: 100, seconds: 20 },
  ]);
  expect(report.good.seconds).toBe(60.5);
  expect(report.bad).toMatchObject({ maxWeight: 5, secondsToCutOff: 1.24, failedRequests: 15, apiWrites: 40 });
  expect(Object.keys(report)).toEqual(["good", "bad", "rollingUpdate"]);
});

test("without a cut there is no time to it", () => {
  expect(reportOf(run(), run({ firstFailureAt: undefined }), { requests: 0, failedRequests: 0 }).bad.secondsToCutOff).toBeNull();
});

test("the closing line", () => {
  const report = reportOf(run(), cut, { requests: 7000, failedRequests: 1912 });
  expect(closingLine(report)).toBe("Failed requests: rolling update 1,912, Serin 15. Writes 40, reads 31, queries 0.");
});

test.each([
  ["Promoted", "RolledBack", true],
  ["TimedOut", "RolledBack", false],
  ["Promoted", "Promoted", false],
])("%s and %s: %s", (good, bad, well) => {
  expect(isAsItShouldBe(reportOf(run({ outcome: good }), { ...cut, outcome: bad }, { requests: 0, failedRequests: 0 }))).toBe(well);
});

test("a release costs what the controller asked of the API server, leases apart, and nobody else's requests", () => {
  const request = (userAgent: string, verb: string, resource: string, count: number) => ({
    userAgent,
    verb,
    group: "",
    resource,
    subresource: "",
    code: 200,
    count,
  });
  const requests = [
    request("serin-controller/0.1.0", "patch", "httproutes", 6),
    request("serin-controller/0.1.0", "create", "events", 3),
    request("serin-controller/0.1.0", "update", "leases", 20),
    request("serin-controller/0.1.0", "patch", "leases", 2),
    request("serin-controller/0.1.0", "get", "leases", 20),
    request("serin-controller/0.1.0", "watch", "pods", 4),
    request("serin-demo", "patch", "deployments", 9),
    request("linkerd-policy-controller (stand-in)", "patch", "httproutes", 9),
  ];
  const now = costsOf({ requests, forwarded: { scrapes: 7, metricQueries: 0 }, podsStarted: 12 });
  expect(now).toEqual({ apiWrites: 9, apiReads: 4, leaseWrites: 22, metricQueries: 0, scrapes: 7, podsStarted: 12 });
  const before = { ...now, apiWrites: 4, podsStarted: 6 };
  expect(costsBetween(before, now)).toEqual({ ...now, apiWrites: 5, apiReads: 0, leaseWrites: 0, scrapes: 0, podsStarted: 6 });
});
