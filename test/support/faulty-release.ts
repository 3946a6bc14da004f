/** A small release that can be made, upgraded and judged many times on one bed: nothing of it is shared. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bed } from '../bed/start.js'
import { mustRun, runProgram, type RunOptions } from './run-program.js'

export interface FaultyRelease {
  name: string
  namespace: string
  /** Folder of the chart to upgrade to. */
  target: string
  env: Record<string, string>
}

const customResources = ['one', 'two', 'three']

/** Installs version 0.1.0 of a chart with a CRD of its own, a Deployment, a ConfigMap, and three custom resources. */
export async function installFaultyRelease(bed: Bed, helm: string, number: number): Promise<FaultyRelease> {
  const name = `faulty-${number}`
  const env = { ...bed.env, HELM_BIN: helm }
  const folder = join(bed.dir, 'faulty', name)
  const [old = '', target = ''] = ['0.1.0', '0.2.0'].map((version) => writeChart(folder, name, version))
  await mustRun(
    helm,
    ['install', name, old, '-n', name, '--create-namespace', '--wait', '--timeout', '60s'],
    {
      env,
    },
  )
  const items = customResources.map((each) => ({
    apiVersion: `${name}.example/v1`,
    kind: 'Thing',
    metadata: { name: each, namespace: name },
    spec: { size: each.length },
  }))
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  await patiently(['apply', '-f', '-'], { env, input })
  return { name, namespace: name, target, env }
}

/** What is not as the upgrade to 0.2.0 should have left it; empty where all is. */
export async function wrongAfterUpgrade(release: FaultyRelease): Promise<string[]> {
  const { name } = release
  const [crd, live, helm] = await Promise.all([
    read(release, ['crd', `things.${name}.example`]),
    read(release, [`configmap,deployment,things.${name}.example,lease`, '-n', name]),
    statusOf(release),
  ])
  const items = (live as { items?: Item[] }).items ?? []
  const find = (kind: string, each = name): Item | undefined =>
    items.find((item) => item.kind === kind && item.metadata.name === each)
  const deployment = find('Deployment')
  const sizes = customResources.map((each) => find('Thing', each)?.spec?.['size'])
  const checks: Record<string, boolean> = {
    [`helm says ${helm}`]: helm === 'deployed 0.2.0',
    'the CRD is not new': JSON.stringify(crd).includes('colour'),
    'the ConfigMap is not new': find('ConfigMap')?.data?.['version'] === '0.2.0',
    'the Deployment is not new': JSON.stringify(deployment?.spec ?? {}).includes('registry/app:0.2.0'),
    'the Deployment is not ready': deployment?.status?.['updatedReplicas'] === 1,
    'custom resources are lost': sizes.join() === customResources.map(({ length }) => length).join(),
    'the lock is left': find('Lease', `mesh-upgrade.${name}`) === undefined,
    'the record says no success': find('ConfigMap', `mesh-upgrade.${name}`)?.data?.['phase'] === 'Succeeded',
  }
  return Object.entries(checks).flatMap(([what, isRight]) => (isRight ? [] : [what]))
}

interface Item {
  kind: string
  metadata: { name: string }
  data?: Record<string, string>
  spec?: Record<string, unknown>
  status?: Record<string, unknown>
}

/** helm's word: `deployed 0.2.0`. */
export async function statusOf({ name, env }: FaultyRelease): Promise<string> {
  const helm = env['HELM_BIN'] ?? ''
  const ran = await runProgram(helm, ['history', name, '-n', name, '-o', 'json'], { env })
  const release = (JSON.parse(ran.stdout || '[]') as { status: string; chart: string }[]).at(-1)
  return release ? `${release.status} ${release.chart.slice(name.length + 1)}` : 'absent'
}

/** True where the lock of the release is still there. */
export async function isLocked({ name, env }: FaultyRelease): Promise<boolean> {
  const words = ['get', 'lease', `mesh-upgrade.${name}`, '-n', name, '--ignore-not-found', '-o', 'name']
  return (await mustRun('kubectl', words, { env })).trim() !== ''
}

/** Takes it away without waiting for it to be gone. */
export async function removeFaultyRelease({ name, env }: FaultyRelease): Promise<void> {
  for (const what of [
    ['namespace', name],
    ['crd', `things.${name}.example`],
  ]) {
    await runProgram('kubectl', ['delete', ...what, '--wait=false', '--ignore-not-found'], { env })
  }
}

async function read({ env }: FaultyRelease, words: string[]): Promise<unknown> {
  return JSON.parse(await patiently(['get', ...words, '-o', 'json'], { env }))
}

/** What kubectl writes; discovery tells of a new kind, and forgets one that is gone, some time after the fact. */
async function patiently(words: string[], options: RunOptions): Promise<string> {
  for (let attempt = 1; attempt < 10; attempt++) {
    const ran = await runProgram('kubectl', words, options)
    if (ran.exitCode === 0) return ran.stdout
    await sleep(1_000)
  }
  return mustRun('kubectl', words, options)
}

function writeChart(folder: string, name: string, version: string): string {
  const chart = join(folder, version)
  for (const each of ['crds', 'templates']) mkdirSync(join(chart, each), { recursive: true })
  const write = (file: string, object: object): void =>
    writeFileSync(join(chart, file), JSON.stringify(object))
  write('Chart.yaml', { apiVersion: 'v2', name, version })
  write('crds/things.yaml', crd(name, version))
  write('templates/config.yaml', {
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { version } },
  })
  write('templates/deployment.yaml', deployment(name, version))
  return chart
}

function crd(name: string, version: string): object {
  const type = (each: string): object => ({ type: each })
  const properties = {
    size: type('integer'),
    ...(version === '0.1.0' ? {} : { colour: type('string') }),
  }
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `things.${name}.example` },
    spec: {
      group: `${name}.example`,
      scope: 'Namespaced',
      names: { kind: 'Thing', plural: 'things' },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  }
}

function deployment(name: string, version: string): object {
  const labels = { app: name }
  const containers = [{ name: 'app', image: `registry/app:${version}` }]
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  }
}
