/**
 * Starts a bed: a real control plane of its own (etcd, kube-apiserver, kube-controller-manager, kube-scheduler)
 * with nodes and pods played by KWOK, in a folder of its own, gone without a trace when its owner ends.
 * How pods are made to fail: stages/pod-failing.yaml. What `kubectl logs` answers: logs.ts.
 */
import { mkdirSync, mkdtempSync, readdirSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { apiClient, type ApiClient } from './api.js'
import { ensureBuilt, type Tell } from './build.js'
import { apiServerArgs, controllerManagerArgs, etcdArgs, kwokArgs, schedulerArgs } from './control-plane.js'
import type { ControlPlane } from './control-plane.js'
import { deleteNodeLeases, etcdHealthy, moveServices } from './etcd.js'
import { writeIdentities, writeKubeconfig } from './identities.js'
import { prepareLogs } from './logs.js'
import { createNodes, moveNodes, type NodeSize } from './nodes.js'
import { watchProcesses, type Processes } from './processes.js'
import { waitForFirstRollout, waitUntil } from './ready.js'
import { reserveSlot, servicePrefix } from './slot.js'
import { unpackState, writeRecord, type BedRecord } from './state.js'

export interface BedOptions extends NodeSize {
  /** Also the name of the kubeconfig's context; `bed` unless told. */
  name?: string
  /** Where the bed lives: a folder that is empty or not there, removed with the bed; in the temp folder unless told. */
  dir?: string
  /** A state that saveBed saved, by file or name; it brings its own nodes. */
  restoreFrom?: string
  /** Writes one JSON line for each request to `audit.log`; users `bed:admin` (kubeconfig) and `bed:setup` (the bed). */
  audit?: boolean
  /** Files of others that are to be removed together with the bed. */
  alsoRemove?: string[]
  tell?: Tell
}

export interface Bed {
  name: string
  dir: string
  /** The kubeconfig file of `bed:admin`, who may do everything. */
  kubeconfig: string
  /** What to set for programs that are to use this bed: KUBECONFIG, PATH, HELM_*_HOME, BED_DIR. */
  env: Record<string, string>
  apiServerUrl: string
  /** The ClusterIPs of Services; loopback addresses that an actor of this process can listen on (Linux). */
  serviceRange: string
  /** Ends the control plane and removes the folder. */
  stop(): Promise<void>
}

/**
 * Starts a bed and waits until a Deployment really becomes available on it (a few seconds). It belongs to this
 * process and ends with it, however it ends, without keeping it alive.
 * Throws when a program is missing or ends, with the end of its output.
 */
export async function startBed(options: BedOptions = {}): Promise<Bed> {
  const binFolder = await ensureBuilt(options.tell)
  const dir = makeFolder(options.dir)
  const processes = watchProcesses(dir, options.alsoRemove)
  const endings = [processes.stop]
  const stop = async (): Promise<void> => {
    for (const end of endings) await end()
  }
  try {
    const bed = await startIn({ dir, binFolder, processes, options, onStop: (end) => endings.push(end) })
    return { ...bed, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Start {
  dir: string
  binFolder: string
  processes: Processes
  options: BedOptions
  /** Adds what else has to be done at the end. */
  onStop: (end: () => Promise<void>) => void
}

async function startIn({ dir, binFolder, processes, options, onStop }: Start): Promise<Omit<Bed, 'stop'>> {
  const { name = 'bed', restoreFrom, audit = false } = options
  const saved = restoreFrom === undefined ? undefined : await unpackState(restoreFrom, dir)
  const slot = await reserveSlot(saved?.slotNumber)
  onStop(slot.release)
  const plane: ControlPlane = { dir, slot, audit }
  const url = writeAccess(plane, name)
  const run = (program: string, args: string[]): number =>
    processes.start(program, join(binFolder, program), args)
  const api = apiClient(url, join(dir, 'pki'), 'setup')

  const etcd = run('etcd', etcdArgs(plane))
  await prepareEtcd(plane, saved, processes)
  const pids = { etcd, 'kube-apiserver': run('kube-apiserver', apiServerArgs(plane)) }
  const ready = { what: 'kube-apiserver', timeoutMs: 60_000, assertRunning: processes.assertRunning }
  await waitUntil(async () => (await api.send('GET', '/readyz')).status === 200, ready)
  await prepareLogs(dir, api)
  const rest = {
    'kube-controller-manager': run('kube-controller-manager', controllerManagerArgs(plane)),
    'kube-scheduler': run('kube-scheduler', schedulerArgs(plane)),
    kwok: run('kwok', kwokArgs(plane)),
  }
  writeRecord(dir, { name, slotNumber: slot.number, apiServerUrl: url, pids: { ...pids, ...rest } })
  await prepareNodes(api, { saved, size: options, kubeletPort: slot.ports.kubelet })
  await waitForFirstRollout(api, processes.assertRunning)

  const kubeconfig = join(dir, 'kubeconfig')
  const env = environment(dir, kubeconfig, binFolder)
  return { name, dir, kubeconfig, env, apiServerUrl: url, serviceRange: slot.serviceRange }
}

function makeFolder(dir: string | undefined): string {
  if (dir === undefined) return mkdtempSync(join(realpathSync(tmpdir()), 'mesh-upgrade-bed-'))
  const folder = resolve(dir)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (readdirSync(folder).length > 0) throw new Error(`the folder for a test bed is not empty: ${folder}`)
  return folder
}

/** Writes certificates and kubeconfig files; returns the API server's URL. */
function writeAccess({ dir, slot }: ControlPlane, name: string): string {
  const pki = join(dir, 'pki')
  const url = `https://127.0.0.1:${slot.ports.apiServer}`
  const service = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `${servicePrefix(slot.number)}0.1`,
  ]
  writeIdentities(pki, ['127.0.0.1', 'localhost', ...service])
  writeKubeconfig(join(dir, 'kubeconfig'), { url, pki, user: 'admin', name })
  for (const user of ['controller-manager', 'scheduler', 'kwok'] as const) {
    writeKubeconfig(join(dir, `${user}.kubeconfig`), { url, pki, user, name })
  }
  return url
}

async function prepareEtcd(
  { slot }: ControlPlane,
  saved: BedRecord | undefined,
  { assertRunning }: Processes,
): Promise<void> {
  const url = `http://127.0.0.1:${slot.ports.etcd}`
  await waitUntil(() => etcdHealthy(url), { what: 'etcd', timeoutMs: 30_000, assertRunning })
  if (!saved) return
  await deleteNodeLeases(url)
  if (saved.slotNumber !== slot.number) {
    await moveServices(url, servicePrefix(saved.slotNumber), servicePrefix(slot.number))
  }
}

async function prepareNodes(
  api: ApiClient,
  { saved, size, kubeletPort }: { saved: BedRecord | undefined; size: NodeSize; kubeletPort: number },
): Promise<void> {
  if (saved) await moveNodes(api, kubeletPort)
  else await createNodes(api, size, kubeletPort)
}

function environment(dir: string, kubeconfig: string, binFolder: string): Record<string, string> {
  const helm = (name: string): string => join(dir, 'helm', name)
  return {
    KUBECONFIG: kubeconfig,
    PATH: [binFolder, process.env['PATH']].join(delimiter),
    HELM_CACHE_HOME: helm('cache'),
    HELM_CONFIG_HOME: helm('config'),
    HELM_DATA_HOME: helm('data'),
    BED_DIR: dir,
  }
}
