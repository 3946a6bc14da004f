/** A mesh with applications and policies on a bed, as a user has it before an upgrade. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startOsmActor, type Actor } from '../bed/actors/osm.js'
import { serveChartRepository } from '../bed/repository.js'
import { startBed, type Bed } from '../bed/start.js'
import { saveBed } from '../bed/state.js'
import { sampleApplications, samplePolicies, toManifest } from '../charts/samples.js'
import { mustRun } from './run-program.js'

export const chartsFolder = fileURLToPath(new URL('../charts/osm', import.meta.url))
export const notesFolder = fileURLToPath(new URL('../charts/notes', import.meta.url))

export type Helm = 'helm3' | 'helm4'

export interface MeshOptions {
  helm: Helm
  /** Folder or archive of the chart to begin with. */
  chart: string
  /** Words for helm: `--set …`. */
  values?: readonly string[]
  policies?: number
  say?: (line: string) => void
}

export interface MeshOnBed {
  bed: Bed
  actor: Actor
  helm: Helm
  /** Environment for programs: the bed's, with `helm` meaning the chosen major. */
  env: Record<string, string>
  stop(): Promise<void>
}

/** Values as somebody has them: a private registry, a tag pinned at install, changed settings, a secret. */
export const chosenValues: readonly string[] = [
  ...['--set', 'OpenServiceMesh.image.registry=registry.example.com/mesh'],
  ...['--set', 'OpenServiceMesh.image.tag=v0.9.2'],
  ...['--set', 'OpenServiceMesh.enablePermissiveTrafficPolicy=true'],
  ...['--set', 'OpenServiceMesh.certificateManager=tresor'],
  ...['--set', 'OpenServiceMesh.osmController.podLabels.team=platform'],
  ...['--set', 'OpenServiceMesh.vault.token=s3cr3t-vault-token'],
]

/**
 * Starts a bed with a mesh on it. Where MESH_UPGRADE_MESH_STATES names a folder, the first that asks for a mesh
 * saves it there, and later ones begin with that.
 */
export async function meshOnBed(options: MeshOptions): Promise<MeshOnBed> {
  const folder = process.env['MESH_UPGRADE_MESH_STATES']
  if (folder === undefined) return newMesh(options)
  const { helm, chart, values, policies } = options
  const wish = JSON.stringify([helm, chart, values, policies])
  const state = join(folder, `${createHash('sha256').update(wish).digest('hex').slice(0, 12)}.tgz`)
  if (existsSync(state)) return meshFromState(helm, state)
  const mesh = await newMesh(options)
  await saveMesh(mesh, state)
  return mesh
}

/** Saves the state of a bed with a mesh in a file; gives the file. */
export async function saveMesh({ bed }: MeshOnBed, file: string): Promise<string> {
  // What the control plane does afterwards is to be done before it is saved.
  await sleep(3000)
  return saveBed(bed, file)
}

/** A bed that begins with a mesh that was saved. */
export async function meshFromState(helm: Helm, state: string): Promise<MeshOnBed> {
  const bed = await startBed({ restoreFrom: state })
  try {
    const actor = await startOsmActor(bed)
    const mesh = meshOf(bed, actor, helm)
    await allAvailable(mesh.env)
    return mesh
  } catch (error) {
    await bed.stop()
    throw error
  }
}

async function newMesh(options: MeshOptions): Promise<MeshOnBed> {
  const bed = await startBed(options.say ? { tell: options.say } : {})
  try {
    return await prepareMesh(bed, options)
  } catch (error) {
    await bed.stop()
    throw error
  }
}

/** Installs the mesh, the sample applications and the policies on a bed that runs. */
export async function prepareMesh(bed: Bed, options: MeshOptions): Promise<MeshOnBed> {
  const { helm, chart, values = chosenValues, policies = 200, say = () => undefined } = options
  const env = { ...bed.env, HELM_BIN: helm }
  const actor = await startOsmActor(bed)
  say(`installing the mesh with ${helm}`)
  const place = ['-n', 'osm-system', '--create-namespace']
  await mustRun(helm, ['install', 'osm', chart, ...place, '--wait', '--timeout', '90s', ...values], { env })
  say(`applying sample applications and ${policies} policies`)
  await applyObjects(bed, sampleApplications())
  await applyObjects(bed, samplePolicies({ count: policies, version: '0.9.2' }))
  await allAvailable(env)
  return meshOf(bed, actor, helm)
}

async function allAvailable(env: Record<string, string>): Promise<void> {
  const words = ['wait', '--for=condition=Available', 'deployment', '--all', '-A', '--timeout=90s']
  await mustRun('kubectl', words, { env })
}

function meshOf(bed: Bed, actor: Actor, helm: Helm): MeshOnBed {
  return {
    ...{ bed, actor, helm, env: { ...bed.env, HELM_BIN: helm } },
    async stop() {
      await actor.stop()
      await bed.stop()
    },
  }
}

/** A repository with our charts, known to helm on the bed under the name `osm`. */
export async function addRepository(
  mesh: MeshOnBed,
  versions: readonly string[],
): Promise<{ close(): Promise<void> }> {
  const charts = versions.map((version) => join(chartsFolder, version))
  const repository = await serveChartRepository({
    dir: join(mesh.bed.dir, 'repository'),
    charts,
    notes: notesFolder,
  })
  await mustRun(mesh.helm, ['repo', 'add', 'osm', repository.url], { env: mesh.env })
  return repository
}

const program = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

/** Puts our program on PATH under both plugin names, with runs kept inside the bed; returns the environment. */
export function installPlugin({ bed, env }: MeshOnBed): Record<string, string> {
  const folder = join(bed.dir, 'plugins')
  mkdirSync(folder)
  for (const name of ['kubectl-mesh_upgrade', 'kubectl-mesh-upgrade'])
    symlinkSync(program, join(folder, name))
  const path = [folder, env['PATH']].join(delimiter)
  return { ...env, PATH: path, XDG_STATE_HOME: join(bed.dir, 'state'), NO_COLOR: '1' }
}

/**
 * Of the objects that an upgrade touched, those that neither a step of its plan nor our own record explains:
 * the release's namespace and its cluster-wide objects, CRDs, and what the control plane keeps for itself.
 */
export function outsidePlan(names: readonly string[]): string[] {
  const explained = [
    / osm-system\//,
    /^\S+ CustomResourceDefinition /,
    /^\S+ (ClusterRole|ClusterRoleBinding|MutatingWebhookConfiguration|ValidatingWebhookConfiguration) /,
    /^\S+ (APIService|Node|IPAddress) /,
  ]
  return names.filter((name) => !explained.some((pattern) => pattern.test(name)))
}

async function applyObjects(bed: Bed, objects: Parameters<typeof toManifest>[0]): Promise<void> {
  const file = join(bed.dir, `apply-${objects.length}.json`)
  writeFileSync(file, toManifest(objects))
  await mustRun('kubectl', ['create', '-f', file], { env: bed.env })
}
