/** The registry of analysis tests. */
import type { AnalysisTest } from "../analysis-test.ts";
import { latency } from "./latency.ts";
import { successRate } from "./success-rate.ts";

export const ANALYSIS_TESTS: readonly AnalysisTest[] = [successRate, latency];
