import { expect, it } from "vitest";
import { meaningsOf } from "../../src/metrics/meaning.ts";
import { PRESETS } from "../../src/metrics/presets/index.ts";
import { labRequest } from "./lab.ts";
import { presetContract } from "./preset-contract.ts";

for (const preset of Object.values(PRESETS)) presetContract(preset);

it("a preset is registered under its own name", () => {
  expect(Object.entries(PRESETS).filter(([name, preset]) => preset.name !== name)).toEqual([]);
});

it.each([
  ["200", "success", "", "fine"],
  ["400", "success", "", "refused"],
  ["404", "success", "", "refused"],
  ["429", "success", "", "fine"],
  ["499", "success", "", "refused"],
  ["500", "failure", "", "failed"],
  ["200", "success", "5", "refused"],
  ["200", "success", "NOT_FOUND", "refused"],
  ["200", "failure", "14", "failed"],
  ["200", "success", "0", "fine"],
])("Linkerd: status %s, %s, gRPC status '%s' is %s", (status_code, classification, grpc_status, expected) => {
  const labels = { direction: "inbound", target_port: "8080", tls: "true", status_code, classification, grpc_status };
  const meaning = meaningsOf(PRESETS["Linkerd"]!, labRequest())({ name: "response_total", identity: "", labels, value: 1 });
  const { failed, refused } = meaning as { failed: boolean; refused: boolean };
  expect(failed ? "failed" : refused ? "refused" : "fine").toBe(expected);
});
