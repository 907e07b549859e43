import { defineConfig } from "vitest/config";

// Machines are small and busy: a test that hangs is found all the same.
const shared = { testTimeout: 120_000, hookTimeout: 120_000, setupFiles: "test/support/properties.ts" };

export default defineConfig({
  test: {
    maxWorkers: 2,
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
