/** What the cluster tests run on. `test/cluster/go.mod` and `test/cluster/etcd/go.mod` pin the same. */
export const KUBERNETES_VERSION = "1.36.3";
