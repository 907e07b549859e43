/** The demo's child processes: started, watched, and ended with it. */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Remote, remoteOf } from "./ipc.ts";
import type { apiRole } from "./role-api.ts";
import type { clientRole } from "./role-client.ts";
import type { controlPlaneRole } from "./role-control-plane.ts";
import type { hollowMeshRole } from "./role-hollow-mesh.ts";
import type { nodeRole } from "./role-node.ts";

interface Roles {
  readonly api: ReturnType<typeof apiRole>;
  readonly "control-plane": ReturnType<typeof controlPlaneRole>;
  readonly node: ReturnType<typeof nodeRole>;
  readonly client: ReturnType<typeof clientRole>;
  readonly "hollow-mesh": ReturnType<typeof hollowMeshRole>;
}

export interface Program {
  readonly pid: number | undefined;
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP, or SIGCONT. */
  freeze(frozen: boolean): void;
}

export interface Children {
  role<Name extends keyof Roles>(name: Name): Remote<Roles[Name]>;
  /** Any other program; what it writes goes to `logFile`. */
  program(name: string, command: readonly string[], env: Readonly<Record<string, string>>, logFile: string): Program;
  /** Rejects when one of them ends by itself. */
  readonly failed: Promise<never>;
  /** Resolves when all of them are gone. */
  close(): Promise<void>;
}

const KILL_AFTER_MS = 5000;

export function createChildren(): Children {
  const running = new Map<ChildProcess, Promise<void>>();
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  /** Those that were killed on purpose. */
  const doomed = new Set<ChildProcess>();
  let closing = false;

  function watch(name: string, child: ChildProcess): void {
    const gone = new Promise<void>((resolve) => {
      child.once("error", (cause) => {
        reject(new Error(`${name} could not be started`, { cause }));
        resolve();
      });
      child.once("exit", (code, signal) => {
        running.delete(child);
        if (!closing && !doomed.has(child)) reject(new Error(`${name} has ended (${signal ?? `exit code ${code}`})`));
        resolve();
      });
    });
    running.set(child, gone);
  }

  async function end(children: readonly ChildProcess[]): Promise<void> {
    const gone = children.map((child) => running.get(child));
    for (const child of children) child.kill("SIGTERM");
    const timer = setTimeout(() => {
      for (const child of children) child.kill("SIGKILL");
    }, KILL_AFTER_MS);
    await Promise.all(gone);
    clearTimeout(timer);
  }

  return {
    role<Name extends keyof Roles>(name: Name) {
      const child = fork(childEntry(), [name], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
      watch(`the ${name} process of the demo`, child);
      return remoteOf<Roles[Name]>(child);
    },
    program(name, [command = "", ...args], env, logFile) {
      const log = openSync(logFile, "a");
      // In a group of its own: Ctrl-C is for the demo, which lets it end in its own way.
      const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", log, log], detached: true });
      closeSync(log);
      watch(name, child);
      return {
        pid: child.pid,
        async kill() {
          doomed.add(child);
          child.kill("SIGKILL");
          await running.get(child);
        },
        freeze: (frozen) => void child.kill(frozen ? "SIGSTOP" : "SIGCONT"),
      };
    },
    failed,
    async close() {
      closing = true;
      // Programs first: they say good-bye to the API server, which is one of the roles.
      const isRole = ({ channel }: ChildProcess) => channel !== undefined && channel !== null;
      const all = [...running.keys()];
      await end(all.filter((child) => !isRole(child)));
      await end(all.filter(isRole));
    },
  };
}

/** Beside this file in a checkout; in the published bundle a file of its own. */
function childEntry(): string {
  const source = fileURLToPath(new URL("./process.ts", import.meta.url));
  return existsSync(source) ? source : fileURLToPath(new URL("./standin.js", import.meta.url));
}
