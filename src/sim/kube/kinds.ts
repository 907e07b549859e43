/**
 * Which kinds the server knows: the built-in ones and those of CustomResourceDefinitions, installed and removed while it runs.
 *
 * A `Kind` is one served version of a resource. Versions of one resource share their objects (`storage`); a kind with `convert`
 * is another view of the same objects (core/v1 events and events.k8s.io/v1 events).
 */
import type { Resource } from "../../domain/kube.ts";
import type { Json } from "./json.ts";
import { type FieldProblem, noSuchResource } from "./status-error.ts";

export interface ScalePaths {
  readonly spec: string;
  readonly status: string;
  readonly selector: string;
}

export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly priority: number;
  readonly description: string;
  readonly format: string;
}

/** What the rules of a kind may ask of the world. */
export interface RuleContext {
  readonly now: number;
  /** A number in [0, 1), from the store's seed. */
  readonly random: () => number;
  /** Addresses of Services that are taken. */
  readonly takenAddresses: () => ReadonlySet<string>;
  /** Mutating admission of an update. */
  readonly mutate: ((kind: Kind, next: Json, previous: Json) => Json) | undefined;
}

/**
 * What a kind does to its objects on the way in. Drafts are copies and may be changed; they arrive decoded, with their metadata in order.
 */
export interface KindRules {
  /** Brings what the client sent into the form that this version has: prunes unknown fields (and names them), checks formats (400). */
  readonly decode?: (draft: Json) => readonly string[];
  /** Defaults; runs on everything that is written. */
  readonly defaults?: (draft: Json) => void;
  readonly prepareCreate?: (draft: Json, context: RuleContext) => void;
  readonly prepareUpdate?: (draft: Json, previous: Json, context: RuleContext) => void;
  /** What a write of /status may change besides `status`. Default: nothing. */
  readonly statusKeeps?: readonly ("labels" | "annotations")[];
  readonly validate?: (draft: Json, previous: Json | undefined, earlier: readonly FieldProblem[]) => readonly FieldProblem[];
  /** Does this change move `metadata.generation`? Kinds without it have no generation. */
  readonly movesGeneration?: (draft: Json, previous: Json) => boolean;
  /** How long a deletion waits (pods); undefined: at once. */
  readonly graceSeconds?: (object: Json, asked: number | undefined) => number;
}

export interface Kind extends Resource {
  readonly singular: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Objects of kinds with the same `storage` are the same objects. */
  readonly storage: string;
  readonly custom: boolean;
  /** The group by which refusals of content call this kind: events are core events inside, whatever the path says. */
  readonly contentGroup: string;
  readonly status: boolean;
  readonly scale: ScalePaths | undefined;
  /** PUT without a resourceVersion is allowed. */
  readonly unconditionalUpdate: boolean;
  /** DELETE answers the object, not a Status. */
  readonly answersDeleted: boolean;
  readonly validateName: NameRule;
  /** What field selectors may name besides metadata.name and metadata.namespace. */
  readonly fields: readonly string[];
  readonly columns: readonly PrinterColumn[];
  readonly schema: Json | undefined;
  readonly rules: KindRules;
  /** From and to the stored form, where that is another kind's. */
  readonly convert: { readonly toStored: (object: Json) => Json; readonly fromStored: (object: Json) => Json } | undefined;
}

export type NameRule = "subdomain" | "label1035" | "label1123" | "path";

export interface KindRegistry {
  find(group: string, version: string, plural: string): Kind | undefined;
  /** The kind, or a 404 of the server. */
  require(resource: Resource): Kind;
  /** By apiVersion and kind, as owner references name it. */
  byKind(apiVersion: string, kind: string): Kind | undefined;
  all(): readonly Kind[];
  /** The version in which the objects of `storage` are kept: the first that was installed. */
  stored(storage: string): Kind | undefined;
  install(kinds: readonly Kind[]): void;
  uninstall(storage: string): void;
}

export function createKindRegistry(builtIn: readonly Kind[]): KindRegistry {
  let kinds = [...builtIn];
  const index = new Map<string, Kind>();
  const stored = new Map<string, Kind>();
  let asked = new WeakMap<Resource, Kind>();
  const reindex = () => {
    index.clear();
    asked = new WeakMap();
    stored.clear();
    for (const kind of kinds) {
      index.set(`${kind.group}/${kind.version}/${kind.plural}`, kind);
      stored.set(kind.storage, stored.get(kind.storage) ?? kind);
    }
  };
  reindex();
  const find = (group: string, version: string, plural: string) => index.get(`${group}/${version}/${plural}`);
  return {
    find,
    require(resource) {
      const kind = asked.get(resource) ?? find(resource.group, resource.version, resource.plural);
      if (kind === undefined) {
        throw noSuchResource();
      }
      asked.set(resource, kind);
      return kind;
    },
    byKind: (apiVersion, name) => kinds.find((kind) => kind.kind === name && apiVersionOf(kind) === apiVersion),
    all: () => kinds,
    stored: (storage) => stored.get(storage),
    install(added) {
      const gone = new Set(added.map((kind) => kind.storage));
      kinds = [...kinds.filter((kind) => !gone.has(kind.storage)), ...added];
      reindex();
    },
    uninstall(storage) {
      kinds = kinds.filter((kind) => kind.storage !== storage);
      reindex();
    },
  };
}

export function apiVersionOf(resource: { readonly group: string; readonly version: string }): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}
