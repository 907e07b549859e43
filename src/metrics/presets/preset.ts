/**
 * What a mesh's metrics mean, as data: which families count requests, latency and the clients' view, and how their labels
 * are read. Adding a mesh is one such object and one line in the registry; nothing outside names a mesh or a label.
 */

/** A condition on one label. An absent label is "". */
export type Condition =
  | { readonly label: string; readonly oneOf: readonly string[] }
  | { readonly label: string; readonly noneOf: readonly string[] }
  /** The value is a whole number between both, ends included. */
  | { readonly label: string; readonly between: readonly [number, number] };

/** A condition that a source can select by itself: the text reader while it reads, Prometheus in the query. */
export type Selector = Exclude<Condition, { readonly between: unknown }>;

export interface FamilySpec {
  /** The name of its samples: of a histogram `..._bucket`, of a counter mostly `..._total`. */
  readonly name: string;
  /** All hold for the series that are wanted. */
  readonly select: readonly Selector[];
  /** Labels without which the series cannot be read; those of `select` with `oneOf` are needed anyway. */
  readonly needs: readonly string[];
}

/** Seen by the pod that answers. */
export interface ServerFamily extends FamilySpec {
  /** Holds the container port that was asked; left out where the mesh does not tell ports apart. */
  readonly portLabel?: string;
  /** Any of them makes the answer a failure. */
  readonly failed: readonly Condition[];
}

export interface RequestsFamily extends ServerFamily {
  /** Any of them, on an answer that is no failure, means that the caller's request was refused. */
  readonly clientErrors: readonly Condition[];
  /** The request came through the mesh. */
  readonly meshed: Selector;
}

/** Cumulative buckets by the label `le`. */
export interface LatencyFamily extends ServerFamily {
  /** What one unit of `le` is in milliseconds. */
  readonly unitMs: number;
}

/** Seen by the pod that asks, per backend of a route. */
export interface BackendFamilies {
  readonly requests: FamilySpec;
  readonly responses: FamilySpec & { readonly failed: readonly Condition[] };
  /** Labels that hold the backend Service's name and namespace. */
  readonly backendName: string;
  readonly backendNamespace: string;
}

export interface Preset {
  /** As `analysis.preset` names it. */
  readonly name: string;
  /** Where a proxy shows its metrics: the named container port, else the number. */
  readonly admin: {
    readonly portName: string;
    readonly port: number;
    readonly path: string;
    /** The last line of a whole answer, where the proxy writes one. */
    readonly lastLine?: string;
    /** What to do where proxies refuse (401, 403). */
    readonly whenForbidden: string;
  };
  readonly prometheus: {
    readonly namespaceLabel: string;
    readonly podLabel: string;
    /** Labels that the scrape adds, not the proxy: two scrapes of one counter may differ in them. */
    readonly scrapeLabels: readonly string[];
    /** What to do where it refuses (401, 403). */
    readonly whenForbidden: string;
  };
  /** A gauge: when the process began, in seconds since the epoch. Always there, even without traffic. */
  readonly processStart: string;
  readonly requests: RequestsFamily;
  readonly latency: LatencyFamily;
  /** By route kind; kinds without an entry have no clients' view. */
  readonly backends: Readonly<Record<string, BackendFamilies>>;
}
