/** The command line as a real process: its streams, its exit code. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  /** Resolves when this was printed on either stream; rejects when it ends without. */
  printed(text: string): Promise<void>;
}

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly cwd?: string;
}

export function startSerin(args: readonly string[], { env = {}, stdin, cwd }: ProcessOptions = {}): Running {
  const { KUBECONFIG: _, NO_COLOR: __, ...inherited } = process.env;
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...inherited, ...env }, cwd });
  const heard = { stdout: "", stderr: "" };
  const listeners = new Set<() => void>();
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (chunk: string) => {
      heard[stream] += chunk;
      for (const listener of listeners) listener();
    });
  }
  child.stdin.end(stdin ?? "");
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...heard }));
  });
  return {
    child,
    ended,
    printed: (text) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!heard.stdout.includes(text) && !heard.stderr.includes(text)) return;
          listeners.delete(check);
          resolve();
        };
        listeners.add(check);
        ended.then(() => reject(new Error(`ended without "${text}": ${heard.stdout}${heard.stderr}`)), reject);
        check();
      }),
  };
}

export function serin(args: readonly string[], options: ProcessOptions = {}): Promise<Ended> {
  return startSerin(args, options).ended;
}
