import { readFileSync, statSync } from 'node:fs'
import { setImmediate as othersTurn } from 'node:timers/promises'
import { messageOf, UpgradeError } from '../errors.js'
import type { Chart, ChartSource, CrdManifest } from '../model/chart.js'
import { field, type KubeObject } from '../model/kube-object.js'
import { isMapping, type Json, type Values } from '../model/values.js'
import { callsLookup, chartContentDigest, isCrdFile, type ChartFile } from './chart-digest.js'
import { readChartArchive, readChartFolder } from './chart-files.js'
import { fileReason } from './file-reason.js'
import { shellQuote } from '../model/shell-words.js'
import { parseYaml, parseYamlDocuments } from '../kubernetes-yaml.js'

/** Where a chart was found and how a person would name it. */
export interface ChartPlace {
  path: string
  reference: string
  source: ChartSource
}

const deepestSubChart = 8

/** Loads a chart from a folder or archive, with the CRDs of its sub-charts. Throws `ChartUnreadable`. */
export async function loadChartAt(place: ChartPlace): Promise<Chart> {
  try {
    // What was asked of the cluster is not to wait until a large chart is read.
    await othersTurn()
    const files = await readFilesAt(place.path)
    await othersTurn()
    const crds = await crdsOf(files, '', 0)
    return { ...chartOf(files), crds, ...place }
  } catch (error) {
    if (error instanceof UpgradeError) throw error
    if (isMissing(error)) throw chartMissing(place.reference, error)
    throw chartUnreadable(place.reference, fileReason(error), error)
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

/** CHART as typed is neither on disk nor in a repository of the user's. */
function chartMissing(reference: string, cause: unknown): UpgradeError {
  const why = 'there is no such file or folder, and no such repository in your helm configuration'
  const repository = /^([^./\\][^/\\]*)\/[^/\\]+$/.exec(reference)?.[1]
  const remedy =
    repository === undefined
      ? `Look where it is: ls -d ${shellQuote([reference])}; repositories have names with a slash: helm repo list`
      : `See which repositories you have: helm repo list; add this one: helm repo add ${repository} URL`
  return chartUnreadable(reference, why, cause, remedy)
}

/** The error for a chart that cannot be used, with what to look at. */
export function chartUnreadable(
  reference: string,
  why: string,
  cause?: unknown,
  remedy = `See what helm says: helm show chart ${reference}`,
): UpgradeError {
  return new UpgradeError('ChartUnreadable', `read chart ${reference}: ${why}`, { remedy }, cause)
}

async function readFilesAt(path: string): Promise<ChartFile[]> {
  const isFolder = statSync(path).isDirectory()
  return isFolder ? readChartFolder(path) : readChartArchive(readFileSync(path))
}

function chartOf(files: readonly ChartFile[]): Omit<Chart, 'crds' | keyof ChartPlace> {
  const metadata = mappingIn(files, 'Chart.yaml')
  if (!metadata) throw new Error('it has no Chart.yaml')
  const text = (key: string): string => {
    const value = metadata[key]
    return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  }
  if (text('name') === '' || text('version') === '') throw new Error('Chart.yaml names no name or version')
  if (text('type') === 'library') throw new Error('it is a library chart, which cannot be installed')
  const defaults: Values = mappingIn(files, 'values.yaml') ?? {}
  const templates = files.filter(({ name }) => name.startsWith('templates/'))
  const schema = files.find(({ name }) => name === 'values.schema.json')?.data
  const kubeVersion = text('kubeVersion')
  return {
    name: text('name'),
    version: text('version'),
    appVersion: text('appVersion'),
    ...(kubeVersion === '' ? {} : { kubeVersion }),
    defaults,
    hasSchema: schema !== undefined,
    usesLookup: callsLookup(files.filter(({ name }) => /(^|\/)templates\//.test(name))),
    contentDigest: chartContentDigest({
      templates,
      crdFiles: files.filter(({ name }) => isCrdFile(name)),
      schema,
      defaults,
      dependencyNames: dependencyNames(metadata, mappingIn(files, 'requirements.yaml')),
    }),
  }
}

function dependencyNames(metadata: Values, requirements: Values | undefined): string[] {
  const entries = [metadata.dependencies, requirements?.dependencies].flatMap((list) =>
    Array.isArray(list) ? list : [],
  )
  return entries
    .flatMap((entry) => [field(entry, 'name'), field(entry, 'alias')])
    .filter((name) => typeof name === 'string')
}

function mappingIn(files: readonly ChartFile[], name: string): Values | undefined {
  const file = files.find((each) => each.name === name)
  if (!file) return undefined
  let parsed: unknown
  try {
    parsed = parseYaml(file.data.toString('utf8'))
  } catch (error) {
    throw new Error(`${name} is no YAML: ${messageOf(error).split('\n')[0] ?? ''}`, { cause: error })
  }
  if (parsed === undefined) return {}
  if (!isMapping(parsed)) throw new Error(`${name} is no mapping`)
  return parsed
}

/** CRDs of the chart and of its sub-charts, unpacked or packed. */
async function crdsOf(files: readonly ChartFile[], prefix: string, depth: number): Promise<CrdManifest[]> {
  const crds: CrdManifest[] = []
  for (const { name, data } of files) {
    const crdPath = /^(?:charts\/[^_.][^/]*\/)*(crds\/.*)$/.exec(name)
    const packed = /^(?:charts\/[^_.][^/]*\/)*charts\/[^_.][^/]*\.tgz$/.test(name)
    if (crdPath && isCrdFile(crdPath[1] ?? '')) {
      crds.push(...manifestsOf(`${prefix}${name}`, data))
      await othersTurn()
    } else if (packed && depth < deepestSubChart) {
      crds.push(...(await crdsOf(await readChartArchive(data), `${prefix}${name}/`, depth + 1)))
    }
  }
  return crds
}

/** CRDs of one file, of whatever version: whether the cluster takes them is for the plan to find out. */
function manifestsOf(file: string, data: Buffer): CrdManifest[] {
  let documents: unknown[]
  try {
    documents = parseYamlDocuments(data.toString('utf8'))
  } catch (error) {
    throw new Error(`${file} is no YAML: ${messageOf(error).split('\n')[0] ?? ''}`, { cause: error })
  }
  return documents.filter(isCrd).map((object) => ({ file, object }))
}

function isCrd(document: unknown): document is KubeObject {
  const name: Json | undefined = field(document, 'metadata', 'name')
  return field(document, 'kind') === 'CustomResourceDefinition' && typeof name === 'string'
}
