import { UpgradeError } from '../errors.js'
import type { ChartSource, CrdManifest } from './chart.js'
import { hookEvents } from './hooks.js'
import { planApiVersion, type UpgradePlan } from './plan.js'
import { field } from './kube-object.js'
import { openDocument, sealDocument } from './sealed-document.js'
import { stepTypes } from './step.js'
import type { UpgradeRequest } from './upgrade-request.js'
import { isMapping, type Values } from './values.js'

/** A chart of a frozen plan; without its files it is fetched again and held against its digest. */
export interface FrozenChart {
  name: string
  version: string
  reference: string
  source: ChartSource
  /** `Chart.contentDigest`. */
  digest: string
  /** Its files, packed. */
  files?: string
}

/** Release notes and CRDs from outside as they were read, by place; what could not be read tells why. */
export interface RecordedTexts {
  texts: Record<string, { text: string } | { unreadable: string }>
  crds: Record<string, CrdManifest[]>
  lists: Record<string, string[]>
}

/** A plan that is executed later, maybe elsewhere: what it was made from goes with it. Holds no secret. */
export interface FrozenPlan {
  plan: UpgradePlan
  /** Release and namespace are named; its value words are for display only. */
  request: UpgradeRequest
  /** What the call set itself, merged, without what is secret. */
  overrides: Values
  /** Paths of secret overrides, which `apply` has to be given again. */
  asksAgain: string[]
  /** In the order of the hops. */
  charts: FrozenChart[]
  /** Published stable versions. */
  available: string[]
  texts: RecordedTexts
}

const kind = 'FrozenPlan'

/** The file of a frozen plan, with a digest of the whole. */
export function sealFrozenPlan({ plan, ...frozen }: FrozenPlan): string {
  const document: unknown = JSON.parse(sealDocument(kind, { plan, frozen }))
  return `${JSON.stringify(document, null, 2)}\n`
}

/** Reads such a file. Throws `PlanFileInvalid`, whatever the text. */
export function parseFrozenPlan(text: string, file: string): FrozenPlan {
  const opened = openWhole(text)
  if ('problem' in opened) throw planFileInvalid(file, opened.problem)
  const { body } = opened
  const problem = problemOf(body)
  if (problem !== undefined) throw planFileInvalid(file, problem)
  const { plan, frozen } = body as { plan: UpgradePlan; frozen: Omit<FrozenPlan, 'plan'> }
  return { plan, ...frozen }
}

/** The error for a plan file that is not what was written. */
export function planFileInvalid(file: string, problem: string): UpgradeError {
  return new UpgradeError('PlanFileInvalid', `read the plan ${file}: it ${problem}`)
}

function openWhole(text: string): ReturnType<typeof openDocument> {
  try {
    return openDocument(kind, text)
  } catch {
    // Nested so deep that it cannot even be walked.
    return { problem: 'is no plan' }
  }
}

type Test = (value: unknown) => boolean

const isText: Test = (value) => typeof value === 'string'
const isTree: Test = (value) => isMapping(value)
const listOf =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) && value.every(test)
const recordOf =
  (test: Test): Test =>
  (value) =>
    isMapping(value) && Object.values(value).every(test)
const optional =
  (test: Test): Test =>
  (value) =>
    value === undefined || test(value)
const oneOf =
  (...texts: string[]): Test =>
  (value) =>
    texts.some((text) => text === value)

const isCrd: Test = (value) =>
  isText(field(value, 'object', 'metadata', 'name')) && isText(field(value, 'file'))
const isSource: Test = (value) =>
  oneOf('path', 'repository', 'named-repository', 'reference')(field(value, 'type')) &&
  recordOf(isText)(value)
const isChart: Test = (value) =>
  ['name', 'version', 'reference', 'digest'].every((key) => isText(field(value, key))) &&
  isSource(field(value, 'source')) &&
  optional(isText)(field(value, 'files'))
const isHop: Test = (value) => isTree(value) && listOf(isTree)(field(value, 'releases')) && isSteps(value)
const isSteps: Test = (value) => listOf(isTree)(field(value, 'steps')) && listOf(isTree)(field(value, 'crds'))
const isInputCrd: Test = (value) => isText(field(value, 'name'))

const isHooks: Test = (value) =>
  listOf(isHook)(field(value, 'hooks')) &&
  ['timeoutMs', 'deadlineMs'].every((key) => Number.isSafeInteger(field(value, key)))
const isHook: Test = (value) =>
  oneOf(...hookEvents)(field(value, 'event')) &&
  isText(field(value, 'command')) &&
  optional(oneOf(...stepTypes))(field(value, 'stepType'))

/** What is used of the file before it is planned again; the path, and what has to stand there. */
const shape: [path: string[], test: Test][] = [
  ...['name', 'namespace'].map((key): [string[], Test] => [['plan', 'release', key], isText]),
  ...['chartVersion', 'appVersion'].map((key): [string[], Test] => [['plan', 'to', key], isText]),
  [['plan', 'from', 'chartVersion'], isText],
  [['plan', 'digest'], isText],
  [['plan', 'hops'], listOf(isHop)],
  [['plan', 'findings'], listOf(isTree)],
  [['plan', 'consents'], listOf(isTree)],
  [['plan', 'inputs', 'clusterUid'], isText],
  [['plan', 'inputs', 'crds'], listOf(isInputCrd)],
  [['plan', 'inputs', 'customResources'], isTree],
  [['frozen', 'request', 'executor'], oneOf('mesh-upgrade')],
  [['frozen', 'request', 'releaseName'], isText],
  [['frozen', 'request', 'namespace'], isText],
  [['frozen', 'request', 'valuesMode'], oneOf('carry', 'helm-default', 'reset', 'reuse', 'reset-then-reuse')],
  [['frozen', 'request', 'images'], oneOf('keep', 'chart', 'as-is')],
  [['frozen', 'request', 'crds'], oneOf('in-place', 'recreate', 'skip')],
  [['frozen', 'request', 'timeoutMs'], Number.isSafeInteger],
  [['frozen', 'request', 'helmArguments'], listOf(isText)],
  [['frozen', 'request', 'valueArguments'], listOf(isText)],
  ...['crdsFrom', 'releaseNotes', 'repo', 'chart', 'to'].map((key): [string[], Test] => [
    ['frozen', 'request', key],
    optional(isText),
  ]),
  [['frozen', 'request', 'onFailure'], oneOf('ask', 'stop', 'rollback')],
  [['frozen', 'request', 'hooks'], optional(isHooks)],
  [['frozen', 'request', 'accepted'], optional(listOf(isText))],
  [['frozen', 'request', 'devel'], (value) => typeof value === 'boolean'],
  ...['rollbackTimeoutMs', 'historyMax'].map((key): [string[], Test] => [
    ['frozen', 'request', key],
    optional(Number.isSafeInteger),
  ]),
  [['frozen', 'overrides'], isTree],
  [['frozen', 'asksAgain'], listOf(isText)],
  [['frozen', 'charts'], (value) => listOf(isChart)(value) && (value as unknown[]).length > 0],
  [['frozen', 'available'], listOf(isText)],
  [
    ['frozen', 'texts', 'texts'],
    recordOf((value) => isText(field(value, 'text')) || isText(field(value, 'unreadable'))),
  ],
  [['frozen', 'texts', 'crds'], recordOf(listOf(isCrd))],
  [['frozen', 'texts', 'lists'], recordOf(listOf(isText))],
]

function problemOf(body: unknown): string | undefined {
  const apiVersion = field(body, 'plan', 'apiVersion')
  if (apiVersion !== planApiVersion)
    return `holds a plan of ${JSON.stringify(apiVersion ?? null)}, which this program does not know`
  const wrong = shape.find(([path, test]) => !test(field(body, ...path)))
  return wrong && `has no usable ${wrong[0].join('.')}`
}
