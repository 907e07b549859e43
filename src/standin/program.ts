/** A program of the control plane: started with its log in a file, ended by a signal, and its end told with the last words it wrote. */
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";

export interface Program {
  readonly pid: number;
  /** Resolves when it is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Rejects when it ends without having been told to. */
  readonly failed: Promise<never>;
}

const LAST_LINES = 5;

export function startProgram(file: string, flags: readonly string[], logFile: string): Program {
  const log = openSync(logFile, "a");
  // In a group of its own: Ctrl-C is for whoever started it.
  const child = spawn(file, flags, { stdio: ["ignore", log, log], detached: true });
  closeSync(log);
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  let told = false;
  const gone = new Promise<void>((resolve) => {
    child.once("error", (cause) => {
      reject(new Error(`${file} could not be started`, { cause }));
      resolve();
    });
    child.once("exit", (code, signal) => {
      if (!told) reject(new Error(`${file} has ended (${signal ?? `exit code ${code}`}); its last words:\n${lastWords(logFile)}`));
      resolve();
    });
  });
  return {
    pid: child.pid ?? 0,
    async end(signal) {
      told = true;
      child.kill(signal);
      await gone;
    },
    signal: (signal) => void child.kill(signal),
    failed,
  };
}

function lastWords(logFile: string): string {
  return readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-LAST_LINES).join("\n");
}
