/**
 * Plays the kubelet for Jobs of ours, since KWOK runs no containers: the command of each pod runs as a process of
 * this machine, inside a cluster as far as it can tell (environment, token, CA and mounts at their places, in a mount
 * namespace of its own), with a token of the pod's ServiceAccount, and the pod ends as the process does.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setPodLog } from '../logs.js'
import type { Bed } from '../start.js'
import { kubeApi, type KubeApi } from './kube-api.js'
import { STATE_ANNOTATION, STARTING } from './osm-gate.js'
import { watchPods, type Pod } from './pod-watch.js'

const containerName = 'mesh-upgrade'
const program = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))
const name = 'bed-job-actor'
const group = 'admissionregistration.k8s.io'

export interface JobActorOptions {
  /** The helm that the image has. */
  helm: string
  /** Kills the process of the first pod when its log has this text, as when its node dies. */
  killAt?: RegExp
}

export interface JobActor {
  /** Exit codes of the processes so far; `null`: killed. */
  readonly ended: (number | null)[]
  stop(): Promise<void>
}

/** What of a pod is mounted and run. */
interface JobPod extends Pod {
  spec: Pod['spec'] & {
    serviceAccountName?: string
    volumes?: { name: string; secret?: { secretName: string } }[]
  }
}

interface RunContainer {
  command?: string[]
  args?: string[]
  env?: { name: string; value?: string }[]
}

/** Starts the actor; it works until it is stopped. */
export async function startJobActor(bed: Bed, options: JobActorOptions): Promise<JobActor> {
  const api = kubeApi(bed.apiServerUrl, bed.dir, 'setup')
  await holdPods(api)
  const actor = new Actor(bed, api, options)
  actor.follow()
  return actor
}

class Actor implements JobActor {
  readonly ended: (number | null)[] = []
  private readonly pods = new Map<string, Pod>()
  private readonly started = new Set<string>()
  private readonly children = new Set<ChildProcess>()
  private readonly ending = new AbortController()

  constructor(
    private readonly bed: Bed,
    private readonly api: KubeApi,
    private readonly options: JobActorOptions,
  ) {}

  follow(): void {
    const selector = 'batch.kubernetes.io/job-name,app.kubernetes.io/managed-by=mesh-upgrade'
    const onChange = (): void => this.startNew()
    void watchPods(this.api, { selector, pods: this.pods, onChange }, this.ending.signal)
  }

  async stop(): Promise<void> {
    this.ending.abort()
    for (const child of this.children) child.kill('SIGKILL')
    for (const path of policyPaths()) await this.api.call({ method: 'DELETE', path, also: [404] })
  }

  private startNew(): void {
    for (const pod of this.pods.values()) {
      const { uid } = pod.metadata
      if (this.started.has(uid) || !pod.spec.nodeName) continue
      this.started.add(uid)
      this.run(pod).catch((error: Error) => process.stderr.write(`job actor: ${error.message}\n`))
    }
  }

  private async run(pod: JobPod): Promise<void> {
    const { namespace, name: podName, uid } = pod.metadata
    const files = join(this.bed.dir, 'job-pods', uid)
    await this.mount(pod, files)
    const place = { namespace, name: podName, container: containerName }
    await setPodLog(this.bed, place, '')
    await this.tellStatus(pod, 'Running', { running: { startedAt: new Date().toISOString() } })
    let log = ''
    const child = this.spawnIn(files, pod.spec.containers[0] as RunContainer)
    const take = (text: Buffer): void => {
      log += text.toString()
      void setPodLog(this.bed, place, log)
      if (this.started.size === 1 && this.options.killAt?.test(log))
        process.kill(-(child.pid ?? 0), 'SIGKILL')
    }
    child.stdout?.on('data', take)
    child.stderr?.on('data', take)
    const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve))
    this.children.delete(child)
    this.ended.push(exitCode)
    await setPodLog(this.bed, place, log)
    await this.finish(pod, exitCode ?? 137)
  }

  /** What the kubelet puts into a container's file system. */
  private async mount({ metadata: { namespace }, spec }: JobPod, files: string): Promise<void> {
    const account = spec.serviceAccountName ?? 'default'
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`
    const asked = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 3600 },
    }
    const { body } = await this.api.call({ method: 'POST', path, body: asked })
    const { token } = (body as { status: { token: string } }).status
    put(join(files, 'account'), { token, namespace })
    const secretName = spec.volumes?.find((volume) => volume.secret)?.secret?.secretName ?? ''
    const secret = await this.api.call({
      method: 'GET',
      path: `/api/v1/namespaces/${namespace}/secrets/${secretName}`,
    })
    const { data } = secret.body as { data: Record<string, string> }
    const decoded = Object.entries(data).map(([file, text]) => [file, Buffer.from(text, 'base64')])
    put(join(files, 'plan'), Object.fromEntries(decoded) as Record<string, Buffer>)
    mkdirSync(join(files, 'work'))
  }

  private spawnIn(files: string, { command = [], args = [], env = [] }: RunContainer): ChildProcess {
    const { port } = new URL(this.bed.apiServerUrl)
    const account = '/run/secrets/kubernetes.io/serviceaccount'
    const script = [
      // The folders of a container: they are seen by nobody else.
      `mount -t tmpfs tmpfs /run && mkdir -p ${account} && cp '${files}'/account/* ${account}`,
      `cp '${join(this.bed.dir, 'pki', 'ca.crt')}' ${account}/ca.crt`,
      'exec "$@"',
    ].join(' && ')
    // Mounts at the root would need folders there: the words name where they are instead.
    const placed = (text: string): string =>
      text.replace(/^\/plan\//, `${files}/plan/`).replace(/^\/work(?=\/|$)/, `${files}/work`)
    if (command[0] !== 'kubectl-mesh_upgrade') throw new Error(`no such program: ${command.join(' ')}`)
    const given = env.map((each) => [each.name, placed(each.value ?? '')])
    const child = spawn(
      'unshare',
      [
        '--map-root-user',
        '--mount',
        'sh',
        '-c',
        script,
        'sh',
        process.execPath,
        program,
        ...args.map(placed),
      ],
      {
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH: this.bed.env['PATH'] ?? '',
          HELM_BIN: this.options.helm,
          KUBERNETES_SERVICE_HOST: '127.0.0.1',
          KUBERNETES_SERVICE_PORT: port,
          ...(Object.fromEntries(given) as Record<string, string>),
        },
      },
    )
    this.children.add(child)
    return child
  }

  private async finish(pod: Pod, exitCode: number): Promise<void> {
    const at = new Date().toISOString()
    const reason = exitCode === 0 ? 'Completed' : 'Error'
    const phase = exitCode === 0 ? 'Succeeded' : 'Failed'
    await this.tellStatus(pod, phase, { terminated: { exitCode, reason, startedAt: at, finishedAt: at } })
  }

  private async tellStatus({ metadata }: Pod, phase: string, state: object): Promise<void> {
    const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/status`
    const container = { name: containerName, ready: false, restartCount: 0, image: 'x', imageID: 'x', state }
    const body = { status: { phase, containerStatuses: [container] } }
    await this.api.call({ method: 'PATCH', path, body, also: [404] })
  }
}

function put(folder: string, files: Record<string, string | Buffer>): void {
  mkdirSync(folder, { recursive: true })
  for (const [file, content] of Object.entries(files))
    writeFileSync(join(folder, file), content, { mode: 0o600 })
}

function policyPaths(): string[] {
  return ['mutatingadmissionpolicybindings', 'mutatingadmissionpolicies'].map(
    (plural) => `/apis/${group}/v1/${plural}/${name}`,
  )
}

/** KWOK would end the pods at once; held, they run until their process ends. */
async function holdPods(api: KubeApi): Promise<void> {
  const apiVersion = `${group}/v1`
  const resourceRules = [
    { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
  ]
  const state = `Object{metadata: Object.metadata{annotations: {'${STATE_ANNOTATION}': '${STARTING}'}}}`
  const policy = {
    matchConstraints: { resourceRules },
    matchConditions: [
      { name: 'is-ours', expression: `object.spec.containers.exists(c, c.name == '${containerName}')` },
    ],
    failurePolicy: 'Fail',
    reinvocationPolicy: 'Never',
    mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: state } }],
  }
  for (const [kind, plural, spec] of [
    ['MutatingAdmissionPolicy', 'mutatingadmissionpolicies', policy],
    ['MutatingAdmissionPolicyBinding', 'mutatingadmissionpolicybindings', { policyName: name }],
  ] as const) {
    const body = { apiVersion, kind, metadata: { name }, spec }
    await api.call({ method: 'POST', path: `/apis/${apiVersion}/${plural}`, body, also: [409] })
  }
}
