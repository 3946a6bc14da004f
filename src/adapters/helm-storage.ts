import { constants, gunzipSync, gzipSync } from 'node:zlib'
import { messageOf, UpgradeError } from '../errors.js'
import { parseYamlDocuments } from '../kubernetes-yaml.js'
import type { CrdManifest } from '../model/chart.js'
import { field, textField, type KubeObject } from '../model/kube-object.js'
import type { ReleaseName, ReleaseRevision, ReleaseSnapshot, ReleaseStatus } from '../model/release.js'
import { isMapping, sensitive, type Json, type Values } from '../model/values.js'
import { chartContentDigest, isCrdFile, type ChartFile } from './chart-digest.js'
import { listAt } from './json-fields.js'
import { storedHooks } from './stored-hooks.js'

/** The storage object of one revision. */
export interface StoredRelease {
  kind: 'Secret' | 'ConfigMap'
  name: string
  /** `data.release` as the API gives it. */
  payload: unknown
}

/** Helm refuses to store more than a MiB; unpacked, charts with many CRDs reach some tens. */
const largestRelease = 128 * 1024 * 1024

const statuses = new Set<string>([
  ...['deployed', 'failed', 'superseded', 'pending-install', 'pending-upgrade', 'pending-rollback'],
  ...['uninstalling', 'uninstalled', 'unknown'],
])

/** Helm's word for a state; everything else is `unknown`. */
export function releaseStatusOf(value: unknown): ReleaseStatus {
  return typeof value === 'string' && statuses.has(value) ? (value as ReleaseStatus) : 'unknown'
}

/**
 * Decodes a release as helm stores it (pkg/storage/driver/util.go): JSON, gzip or not, base64, and once
 * more base64 where it is in a Secret. Throws `ReleaseUndecodable` whatever the input.
 */
export function decodeRelease(
  stored: StoredRelease,
  name: ReleaseName,
  history: ReleaseRevision[],
): ReleaseSnapshot {
  try {
    return snapshotOf(unpack(stored), stored, history)
  } catch (error) {
    const message = `read release ${name.name} from ${stored.kind} ${stored.name}: ${messageOf(error)}`
    throw new UpgradeError(
      'ReleaseUndecodable',
      message,
      { release: name.name, namespace: name.namespace },
      error,
    )
  }
}

/** The CRDs of a stored release's chart. Throws `ReleaseUndecodable` whatever the input. */
export function storedCrds(stored: StoredRelease, name: ReleaseName): CrdManifest[] {
  try {
    const files = filesAt(field(unpack(stored), 'chart') ?? {}, 'files').filter(({ name: file }) =>
      isCrdFile(file),
    )
    return files.flatMap(({ name: file, data }) => {
      const documents = parseYamlDocuments(data.toString('utf8'))
      const crds = documents.filter((each) => field(each, 'kind') === 'CustomResourceDefinition')
      return crds.map((object) => ({ file, object: object as KubeObject }))
    })
  } catch (error) {
    const message = `read the CRDs of release ${name.name} from ${stored.kind} ${stored.name}: ${messageOf(error)}`
    const details = { release: name.name, namespace: name.namespace }
    throw new UpgradeError('ReleaseUndecodable', message, details, error)
  }
}

/** The JSON of a release as helm wrote it. Throws for what is none. */
export function unpackRelease({ kind, payload }: Pick<StoredRelease, 'kind' | 'payload'>): Buffer {
  if (typeof payload !== 'string') throw new Error('it holds no release')
  const once = Buffer.from(payload, 'base64')
  const packed = kind === 'Secret' ? Buffer.from(once.toString('latin1'), 'base64') : once
  const isGzip = packed[0] === 0x1f && packed[1] === 0x8b && packed[2] === 0x08
  return isGzip ? gunzipSync(packed, { maxOutputLength: largestRelease }) : packed
}

/** The way back: `data.release` as the API takes it. */
export function packRelease(kind: StoredRelease['kind'], json: Buffer): string {
  const once = gzipSync(json, { level: constants.Z_BEST_COMPRESSION }).toString('base64')
  return kind === 'Secret' ? Buffer.from(once).toString('base64') : once
}

function unpack(stored: StoredRelease): Json {
  return JSON.parse(unpackRelease(stored).toString('utf8')) as Json
}

function snapshotOf(release: Json, stored: StoredRelease, history: ReleaseRevision[]): ReleaseSnapshot {
  if (!isMapping(release)) throw new Error('it is no mapping')
  const chart = field(release, 'chart')
  const releaseRevision = field(release, 'version')
  if (typeof releaseRevision !== 'number') throw new Error('it has no revision')
  if (!isMapping(chart)) throw new Error('it has no chart')
  const chartDefaults = mappingAt(chart, 'values')
  return {
    name: textField(release, 'name'),
    namespace: textField(release, 'namespace'),
    releaseRevision,
    releaseStatus: releaseStatusOf(field(release, 'info', 'status')),
    chartName: textField(chart, 'metadata', 'name'),
    chartVersion: textField(chart, 'metadata', 'version'),
    appVersion: textField(chart, 'metadata', 'appVersion'),
    lastDeployed: textField(release, 'info', 'last_deployed'),
    description: textField(release, 'info', 'description'),
    applyMethod: textField(release, 'apply_method') === 'ssa' ? 'ssa' : 'csa',
    history,
    userSuppliedValues: sensitive(mappingAt(release, 'config')),
    chartDefaults,
    manifest: sensitive(textField(release, 'manifest')),
    hooks: storedHooks(release),
    crdNames: storedCrdNames(chart),
    chartContentDigest: storedChartDigest(chart, chartDefaults),
    storage: { kind: stored.kind, name: stored.name },
  }
}

/** Names alone, read without a YAML parser: a release holds half a megabyte of CRDs, and each plan reads it. */
function storedCrdNames(chart: Json): string[] {
  const documents = filesAt(chart, 'files')
    .filter(({ name }) => isCrdFile(name))
    .flatMap(({ data }) => data.toString('utf8').split(/^---/m))
  const crds = documents.filter((text) => /^kind:\s*["']?CustomResourceDefinition\b/m.test(text))
  return crds.flatMap(
    (text) => /^metadata:[^\S\n]*\n(?:[ \t]+.*\n)*?[ \t]+name:\s*["']?([\w.-]+)/m.exec(text)?.[1] ?? [],
  )
}

function storedChartDigest(chart: Json, defaults: Values): string {
  const templates = filesAt(chart, 'templates')
  const schema = textField(chart, 'schema')
  return chartContentDigest({
    templates,
    crdFiles: filesAt(chart, 'files').filter(({ name }) => isCrdFile(name)),
    schema: schema === '' ? undefined : Buffer.from(schema, 'base64'),
    defaults,
    dependencyNames: [
      ...namesAt(chart, 'metadata', 'dependencies'),
      ...namesAt(chart, 'lock', 'dependencies'),
      ...disabledDependencies(defaults, templates),
    ],
  })
}

/**
 * Helm drops disabled dependencies from the metadata that it stores, and a chart without Chart.lock names
 * them nowhere else. Their values have `enabled`, by which they are disabled, and no template of the parent
 * mentions them.
 */
function disabledDependencies(defaults: Values, templates: readonly ChartFile[]): string[] {
  const text = templates.map(({ data }) => data.toString('utf8')).join('\n')
  return Object.entries(defaults)
    .filter(([key, value]) => typeof field(value, 'enabled') === 'boolean' && !text.includes(key))
    .map(([key]) => key)
}

function filesAt(chart: Json, key: string): ChartFile[] {
  return listAt(chart, key).map((file) => ({
    name: textField(file, 'name'),
    data: Buffer.from(textField(file, 'data'), 'base64'),
  }))
}

function namesAt(value: Json, ...path: string[]): string[] {
  return listAt(value, ...path).flatMap((entry) => [textField(entry, 'name'), textField(entry, 'alias')])
}

function mappingAt(value: Json, key: string): Values {
  const found = field(value, key)
  return isMapping(found) ? found : {}
}
