import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that mostly wait, for minutes, begin first, so that none of them is left to run alone at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const waits = ({ moduleId }: TestSpecification) => Number(moduleId.includes("/test/integration/"));
    return sorted.toSorted((a, b) => waits(b) - waits(a));
  }
}

// Machines are small and busy: a test that hangs is found all the same.
const shared = { testTimeout: 120_000, hookTimeout: 120_000, setupFiles: "test/support/properties.ts" };

export default defineConfig({
  test: {
    // One more than a small machine has processors: the tests that take longest mostly wait.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { ...shared, name: "memory", include: ["test/**/*.test.ts"], exclude: ["test/control-plane/**"] } },
      // The same stories where the API server freezes on change.
      {
        test: {
          ...shared,
          name: "on-change",
          include: ["test/stories/**/*.test.ts", "test/cli/eject/eject.test.ts"],
          env: { SERIN_FREEZE: "OnChange" },
        },
      },
      {
        test: {
          ...shared,
          name: "cluster",
          include: ["test/integration/**/*.test.ts", "test/control-plane/**/*.test.ts"],
          env: { SERIN_CLUSTER: "real" },
          globalSetup: "test/support/find-control-plane.ts",
        },
      },
    ],
  },
});
