/** What tests on a bed share. */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isRunning } from './build-lock.js'
import type { Bed } from './start.js'

/** Runs a program to its end. */
export const run = promisify(execFile)

/** The arguments that let node run TypeScript from any folder. */
export const tsx = ['--import', import.meta.resolve('tsx')]

const cli = fileURLToPath(new URL('cli.ts', import.meta.url))

/** As much of a Pod as tests look at. */
export interface Pod {
  metadata: { name: string }
  status: {
    phase: string
    conditions?: { type: string; status: string }[]
    containerStatuses?: {
      ready: boolean
      started: boolean
      restartCount: number
      state: { waiting?: { reason: string } }
    }[]
  }
}

/** Options that make a child process use this bed. */
export function childOf(bed: Bed): { env: NodeJS.ProcessEnv } {
  return { env: { ...process.env, ...bed.env } }
}

/** What kubectl prints on stdout; rejects when it fails. */
export async function kubectl(bed: Bed, ...args: string[]): Promise<string> {
  return (await run('kubectl', args, childOf(bed))).stdout
}

/** Applies objects with kubectl; throws when it fails. */
export async function apply(bed: Bed, ...objects: object[]): Promise<void> {
  const child = spawn('kubectl', ['apply', '-f', '-'], {
    ...childOf(bed),
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  child.stdin.end(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
  assert.equal(await new Promise((resolve) => child.on('close', resolve)), 0)
}

/** The pods of `deployment(app)`. */
export async function pods(bed: Bed, app: string): Promise<Pod[]> {
  const text = await kubectl(bed, 'get', 'pods', '-l', `app=${app}`, '-o', 'json')
  return (JSON.parse(text) as { items: Pod[] }).items
}

/** `npm run bed -- ARGS` with variables added to the environment; rejects when it fails. */
export async function bedCli(env: object, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return run(process.execPath, [...tsx, cli, ...args], { env: { ...process.env, ...env } })
}

/** What a program that must fail writes on stderr. */
export async function failure(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => assert.fail('it succeeded'),
    (error: { stderr: string }) => error.stderr,
  )
}

/** The first line of a stream, or none. */
export async function firstLine(output: NodeJS.ReadableStream): Promise<string[]> {
  for await (const line of createInterface({ input: output })) return [line]
  return []
}

/** A killed process whose parent is gone stays a zombie where nobody reaps it. */
export function isAlive(pid: number): boolean {
  if (!isRunning(pid)) return false
  const stat = `/proc/${pid}/stat`
  return !existsSync(stat) || !readFileSync(stat, 'utf8').includes(') Z ')
}

/** Tries again until `look` throws no more; after 15 s its last complaint is thrown. */
export async function eventually(look: () => Promise<void> | void): Promise<void> {
  const deadline = Date.now() + 15_000
  for (;;) {
    try {
      return await look()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(100)
    }
  }
}

/** The pod template's annotations, and the CPU it asks for. */
export interface Wishes {
  state?: string
  message?: string
  log?: string
  cpu?: string
}

/** A Deployment with one container and one init container whose pods behave as wished (stages/pod-failing.yaml). */
export function deployment(name: string, { cpu, ...wishes }: Wishes = {}): object {
  const labels = { app: name }
  const annotations = Object.fromEntries(
    Object.entries(wishes).map(([key, text]) => [`bed.mesh-upgrade.dev/${key}`, text]),
  )
  const containers = [{ name: 'app', image: 'registry/app:1', resources: { requests: { cpu: cpu ?? '1m' } } }]
  const spec = { initContainers: [{ name: 'first', image: 'registry/init:1' }], containers }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels, annotations }, spec } },
  }
}

/** A Job whose pod completes. */
export function job(name: string): object {
  const spec = { restartPolicy: 'Never', containers: [{ name: 'app', image: 'registry/job:1' }] }
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { template: { spec } } }
}
