/**
 * A real Kubernetes control plane on this machine's loopback interface: etcd, kube-apiserver and kube-controller-manager as
 * processes, with tokens for whoever asks, RBAC, and an audit log. It has no nodes: `node.ts` plays one.
 */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, systemClock } from "../../domain/clock.ts";
import { type ApiAccess, createAsk } from "../api-access.ts";
import { kubeconfigText } from "../apiserver/kubeconfig.ts";
import { freePorts } from "../free-port.ts";
import { type Program, startProgram } from "../program.ts";
import type { Binaries } from "./binaries.ts";
import { AUDIT_POLICY, apiServerFlags, controllerManagerFlags, etcdFlags, type Files, HOST, type Ports } from "./flags.ts";

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

export interface ControlPlaneOptions {
  readonly binaries: Binaries;
  /** Of its own, and empty. Whoever made it takes it away. */
  readonly folder: string;
  /** Beside the administrator; a ServiceAccount is one too: `system:serviceaccount:NAMESPACE:NAME`. */
  readonly users?: readonly User[];
  readonly clock?: Clock;
}

export interface ControlPlane {
  /** Of the administrator, or of one of the users. */
  access(user?: string): ApiAccess;
  kubeconfig(options?: { readonly user?: string; readonly namespace?: string }): string;
  readonly auditLog: string;
  /** What the API server serves TLS with, for servers beside it that it must trust. */
  readonly certificate: { readonly cert: string; readonly key: string };
  /** Of its programs as they run now. */
  pids(): readonly number[];
  /** Ends the API server as a crash does; everything else goes on and waits for it. */
  killApiServer(): Promise<void>;
  /** Starts it again on the same port. */
  startApiServer(): Promise<void>;
  /** It keeps its connections and answers nothing (SIGSTOP), or goes on. */
  freezeApiServer(frozen: boolean): void;
  /** Rejects when one of its programs ends by itself. */
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

const ADMIN: User = { name: "admin", groups: ["system:masters"] };
const MANAGER: User = { name: "system:kube-controller-manager", groups: ["system:masters"] };
const READY_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 100;

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { binaries, folder, users = [], clock = systemClock } = options;
  const [etcd = 0, etcdPeer = 0, apiServer = 0] = await freePorts(3);
  const ports: Ports = { etcd, etcdPeer, apiServer };
  const files = filesIn(folder);
  const server = `https://${HOST}:${apiServer}`;
  const tokens = new Map([ADMIN, MANAGER, ...users].map((user) => [user.name, { ...user, token: randomBytes(16).toString("hex") }]));
  await writeInputs(files, [...tokens.values()]);

  const log = (name: string) => join(folder, `${name}.log`);
  const startApi = () => startProgram(binaries["kube-apiserver"], apiServerFlags(ports, files), log("kube-apiserver"));
  const store = startProgram(binaries.etcd, etcdFlags(ports, files), log("etcd"));
  let api = startApi();
  const running: Program[] = [store];
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  for (const program of [store, api]) program.failed.catch(reject);

  async function close(): Promise<void> {
    await Promise.all([...running.slice(1), api].map((program) => program.end("SIGKILL")));
    await store.end("SIGKILL");
  }

  try {
    const certificate = await Promise.race([ready(server, files, clock), failed]);
    const accessOf = (user: string): ApiAccess => {
      const token = tokens.get(user)?.token;
      if (token === undefined) throw new Error(`no user ${user}: name it in startControlPlane`);
      return { server, token, ca: certificate.cert };
    };
    await writeFile(files.managerKubeconfig, kubeconfigText(accessOf(MANAGER.name)), { mode: 0o600 });
    const manager = startProgram(binaries["kube-controller-manager"], controllerManagerFlags(files), log("kube-controller-manager"));
    manager.failed.catch(reject);
    running.push(manager);
    return {
      access: (user = ADMIN.name) => accessOf(user),
      kubeconfig: ({ user = ADMIN.name, namespace } = {}) => kubeconfigText(accessOf(user), namespace),
      auditLog: files.auditLog,
      certificate,
      pids: () => [store.pid, api.pid, manager.pid],
      killApiServer: () => api.end("SIGKILL"),
      async startApiServer() {
        api = startApi();
        api.failed.catch(reject);
        await Promise.race([ready(server, files, clock), failed]);
      },
      freezeApiServer: (frozen) => api.signal(frozen ? "SIGSTOP" : "SIGCONT"),
      failed,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function filesIn(folder: string): Files {
  return {
    etcdData: join(folder, "etcd"),
    certificates: join(folder, "certificates"),
    serviceAccountKey: join(folder, "service-accounts.pem"),
    tokens: join(folder, "tokens.csv"),
    auditPolicy: join(folder, "audit-policy.json"),
    auditLog: join(folder, "audit.log"),
    managerKubeconfig: join(folder, "controller-manager.kubeconfig"),
  };
}

async function writeInputs(files: Files, users: readonly (User & { readonly token: string })[]): Promise<void> {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const lines = users.map(({ token, name, groups }) => `${token},${name},${name},"${groups.join(",")}"\n`);
  await writeFile(files.serviceAccountKey, privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });
  await writeFile(files.tokens, lines.join(""), { mode: 0o600 });
  await writeFile(files.auditPolicy, JSON.stringify(AUDIT_POLICY));
}

/** The API server writes its certificate before it listens. Its own roles and namespaces exist when it says that it is ready. */
async function ready(server: string, { certificates }: Files, clock: Clock): Promise<{ cert: string; key: string }> {
  const until = clock.monotonic() + READY_WITHIN_MS;
  for (;;) {
    try {
      const cert = await readFile(join(certificates, "apiserver.crt"), "utf8");
      const key = await readFile(join(certificates, "apiserver.key"), "utf8");
      const answer = await createAsk({ server, ca: cert }, "serin-standin")("/readyz");
      await answer.body.dump();
      if (answer.statusCode === 200) return { cert, key };
    } catch {
      // Not there yet.
    }
    if (clock.monotonic() > until) throw new Error(`the API server was not ready within ${READY_WITHIN_MS / 1000} s`);
    await clock.sleep(LOOK_EVERY_MS);
  }
}
