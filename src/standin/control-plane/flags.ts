/** The command lines of a control plane on loopback ports: nothing but what a cluster of one machine needs, and an audit log. */

export interface Ports {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly apiServer: number;
}

/** Files and folders, by absolute path. */
export interface Files {
  readonly etcdData: string;
  readonly certificates: string;
  readonly serviceAccountKey: string;
  readonly tokens: string;
  readonly auditPolicy: string;
  readonly auditLog: string;
  readonly managerKubeconfig: string;
}

export const HOST = "127.0.0.1";
/** The name that is resolved nowhere: in tokens of service accounts only. */
const ISSUER = "https://kubernetes.default.svc";
const SERVICE_NETWORK = "10.96.0.0/16";

export function etcdFlags({ etcd, etcdPeer }: Ports, { etcdData }: Files): string[] {
  const client = `http://${HOST}:${etcd}`;
  const peer = `http://${HOST}:${etcdPeer}`;
  return [
    `--data-dir=${etcdData}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    "--unsafe-no-fsync",
    "--log-level=error",
  ];
}

export function apiServerFlags({ etcd, apiServer }: Ports, files: Files): string[] {
  return [
    `--etcd-servers=http://${HOST}:${etcd}`,
    `--bind-address=${HOST}`,
    `--secure-port=${apiServer}`,
    // Nobody reaches it by the Service `kubernetes`; a loopback address would be refused here.
    "--advertise-address=10.9.0.1",
    "--endpoint-reconciler-type=none",
    `--cert-dir=${files.certificates}`,
    `--service-account-issuer=${ISSUER}`,
    `--service-account-key-file=${files.serviceAccountKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    `--service-cluster-ip-range=${SERVICE_NETWORK}`,
    `--token-auth-file=${files.tokens}`,
    "--authorization-mode=RBAC",
    `--audit-policy-file=${files.auditPolicy}`,
    `--audit-log-path=${files.auditLog}`,
    // In one file, whatever is measured.
    "--audit-log-maxsize=100000",
    "--shutdown-delay-duration=0s",
  ];
}

export function controllerManagerFlags({ managerKubeconfig, serviceAccountKey }: Files): string[] {
  return [
    `--kubeconfig=${managerKubeconfig}`,
    `--service-account-private-key-file=${serviceAccountKey}`,
    // Nodes have no kubelet that renews leases: nobody may take them for dead.
    "--controllers=*,-node-lifecycle-controller",
    "--leader-elect=false",
    "--secure-port=0",
    "--horizontal-pod-autoscaler-sync-period=1s",
    "--kube-api-qps=500",
    "--kube-api-burst=1000",
  ];
}

/** Every request once, with its user, verb and answer, and no bodies. */
export const AUDIT_POLICY = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  omitManagedFields: true,
  rules: [{ level: "Metadata" }],
};
