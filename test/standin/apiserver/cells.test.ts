import { describe, expect, it } from "vitest";
import { durationText } from "../../../src/standin/apiserver/age.ts";
import { valuesAt } from "../../../src/standin/apiserver/json-path.ts";
import { podCells } from "../../../src/standin/apiserver/pod-cells.ts";

describe("ages", () => {
  const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
  it.each([
    [0, "0s"],
    [119 * second, "119s"],
    [2 * minute, "2m"],
    [2 * minute + 5 * second, "2m5s"],
    [10 * minute + 5 * second, "10m"],
    [179 * minute, "179m"],
    [3 * hour + minute, "3h1m"],
    [8 * hour + minute, "8h"],
    [47 * hour, "47h"],
    [2 * day + hour, "2d1h"],
    [8 * day + hour, "8d"],
    [729 * day, "729d"],
    [731 * day, "2y1d"],
    [8 * 365 * day, "8y"],
  ])("%i ms is %s", (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});

describe("printer columns", () => {
  const object = {
    spec: { list: [{ n: 1 }, { n: 2 }], "odd.key": "x" },
    status: {
      conditions: [
        { type: "Ready", status: "True" },
        { type: "Stalled", status: "False" },
      ],
    },
  };
  it.each([
    [".spec.list[1].n", [2]],
    [".spec.list[*].n", [1, 2]],
    ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
    [".status.conditions[?(@.type=='Stalled')].status", ["False"]],
    [".spec['odd\\.key']", ["x"]],
    ["{.spec.list[0].n}", [1]],
    [".spec.nope.deeper", []],
  ])("%s", (path, values) => {
    expect(valuesAt(object, path)).toEqual(values);
  });
});

describe("a pod's word", () => {
  const pod = (status: object, metadata: object = {}) => ({ metadata, spec: { containers: [{}, {}] }, status });
  const container = (state: object, more: object = {}) => ({ ready: false, restartCount: 0, state, ...more });
  it.each([
    ["Pending", pod({ phase: "Pending" }), ["0/2", "Pending", "0"]],
    ["Running", pod({ phase: "Running", containerStatuses: [container({ running: {} }, { ready: true })] }), ["1/2", "Running", "0"]],
    [
      "what a container waits for",
      pod({ phase: "Pending", containerStatuses: [container({ waiting: { reason: "ImagePullBackOff" } })] }),
      ["0/2", "ImagePullBackOff", "0"],
    ],
    [
      "how it ended",
      pod({ phase: "Running", containerStatuses: [container({ terminated: { exitCode: 1 } }, { restartCount: 3 })] }),
      ["0/2", "Error", "3"],
    ],
    ["that it goes", pod({ phase: "Running" }, { deletionTimestamp: "2026-11-25T09:00:00Z" }), ["0/2", "Terminating", "0"]],
  ])("is %s", (_, object, cells) => {
    expect(podCells(object, "1s").slice(0, 3)).toEqual(cells);
  });
});
