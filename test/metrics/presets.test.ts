import { expect, it } from "vitest";
import { PRESETS } from "../../src/metrics/presets/index.ts";
import { presetContract } from "./preset-contract.ts";

for (const preset of Object.values(PRESETS)) presetContract(preset);

it("a preset is registered under its own name", () => {
  expect(Object.entries(PRESETS).filter(([name, preset]) => preset.name !== name)).toEqual([]);
});
