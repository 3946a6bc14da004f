import type { KubeObject } from './kube-object.js'
import type { Values } from './values.js'

/** Where a chart is to come from, in helm's own terms. */
export type ChartSource =
  | { type: 'path'; path: string }
  | { type: 'repository'; url: string; chart: string; version: string }
  | { type: 'named-repository'; repository: string; chart: string; version: string }
  | { type: 'reference'; reference: string; version?: string }

/** A CRD as a chart or a folder carries it. */
export interface CrdManifest {
  /** Path inside the chart or folder, for messages and to match release notes. */
  file: string
  object: KubeObject
}

/** A loaded chart: all that planning needs, and the local path that helm is given. */
export interface Chart {
  name: string
  version: string
  appVersion: string
  kubeVersion?: string
  defaults: Values
  /** True where the chart brings a values.schema.json; helm judges it when rendering. */
  hasSchema: boolean
  crds: CrdManifest[]
  /** True where a template calls `lookup`: it then has to be rendered against the server. */
  usesLookup: boolean
  /** Digest of templates, crds, schema and defaults: comparable with a stored release's chart. */
  contentDigest: string
  /** Folder or archive on this machine. */
  path: string
  /** What the user would write to name this chart: `osm/osm`, `./charts/osm`, `oci://…`. */
  reference: string
  source: ChartSource
}

/** One line of a repository's index. */
export interface ChartVersionEntry {
  version: string
  appVersion: string
}

/** A chart repository: `name` is the one in the user's helm configuration, where it has one. */
export interface ChartRepository {
  name?: string
  url: string
  /** Why this repository was chosen, for the person reading the plan. */
  why: string
}
