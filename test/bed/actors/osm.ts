/** Plays what Open Service Mesh does at run time, for a mesh of any version from 0.9 to 0.11 on a bed. */
import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import semver from 'semver'
import type { Bed } from '../start.js'
import { kubeApi, type KubeApi } from './kube-api.js'
import { applyCrds } from './osm-crds.js'
import { openEndpoint, serviceOf, type Endpoint } from './osm-endpoints.js'
import { failPod, faultOf } from './osm-faults.js'
import { letPass, lowerGate, raiseGate, STARTING, STATE_ANNOTATION } from './osm-gate.js'
import { missingKindFault } from './osm-wants.js'
import { programOf, startProgram, type Program, type ProgramContext } from './osm-programs.js'
import { isReady, watchPods, type Pod } from './pod-watch.js'

export interface OsmActorOptions {
  /** Folder with `<version>/crds` or `<version>-crds` in it, as the image of CRDs of that version; our charts' own. */
  crdSource?: string
  /** How long osm-controller and osm-injector take to start: the gap in which nobody injects on 0.10 → 0.11. */
  startDelayMs?: number
}

export interface Actor {
  stop(): Promise<void>
}

const ORDER: Program['name'][] = ['cleanup', 'osm-crds', 'osm-bootstrap', 'osm-controller', 'osm-injector']

/**
 * Starts the actor; it works until it is stopped or the bed is gone. It lives in this process: whoever blocks the
 * event loop, as with execFileSync, stops the mesh.
 */
export async function startOsmActor(bed: Bed, options: OsmActorOptions = {}): Promise<Actor> {
  // The bed's own user, so that an audit log tells the mesh's doing from that of the tool under test.
  const api = kubeApi(bed.apiServerUrl, bed.dir, 'setup')
  await raiseGate(api)
  const actor = new OsmActor(bed, api, options)
  actor.follow()
  return actor
}

class OsmActor implements Actor {
  private readonly pods = new Map<string, Pod>()
  private readonly seenAt = new Map<string, number>()
  private readonly started = new Set<string>()
  private readonly endpoints = new Map<string, Endpoint>()
  private readonly ending = new AbortController()
  private readonly complaints = new Set<string>()
  private timer: NodeJS.Timeout | undefined
  private turn: Promise<void> | undefined
  private wanted = false

  private readonly context: ProgramContext

  constructor(
    private readonly bed: Bed,
    private readonly api: KubeApi,
    private readonly options: OsmActorOptions,
  ) {
    const source = options.crdSource ?? process.env['MESH_UPGRADE_CRD_SOURCE']
    this.context = {
      api,
      applyCrds: (version) => applyCrds(bed, version, source),
      isBootstrapped: (namespace) => this.isBootstrapped(namespace),
    }
  }

  follow(): void {
    const wake = (): void => this.wake()
    for (const selector of [`app in (${ORDER.slice(2).join(',')})`, 'batch.kubernetes.io/job-name']) {
      void watchPods(this.api, { selector, pods: this.pods, onChange: wake }, this.ending.signal)
    }
    this.timer = setInterval(wake, 200)
  }

  async stop(): Promise<void> {
    this.ending.abort()
    clearInterval(this.timer)
    await this.turn
    for (const endpoint of this.endpoints.values()) await endpoint.close()
    await lowerGate(this.api).catch(() => undefined)
  }

  /** One turn at a time; whatever happens during a turn is seen to in the next. */
  private wake(): void {
    this.wanted = true
    this.turn ??= this.work().finally(() => (this.turn = undefined))
  }

  private async work(): Promise<void> {
    while (this.wanted && !this.ending.signal.aborted) {
      this.wanted = false
      await this.startPrograms()
      await this.tendEndpoints()
    }
  }

  private async startPrograms(): Promise<void> {
    const waiting = this.programs().filter(([pod, program]) => this.isToStart(pod, program))
    for (const [pod, program] of waiting) {
      const { name, namespace } = pod.metadata
      await this.attempt(`start of ${namespace}/${name}`, () => this.startPod(pod, program))
    }
  }

  private async startPod(pod: Pod, program: Program): Promise<void> {
    const { uid, name, namespace } = pod.metadata
    const isHeld = stateOf(pod) === STARTING
    const fault = faultOf(program) ?? (await missingKindFault(this.bed, this.api, program))
    if (fault) return isHeld ? failPod(this.bed, this.api, pod, fault) : undefined
    if (!this.started.has(uid)) await startProgram(program, this.context)
    this.started.add(uid)
    // Its webhook listens before the pod counts as ready, as with a real readiness probe.
    await this.tendEndpoints()
    if (isHeld) await letPass(this.api, namespace, name)
  }

  private programs(): [Pod, Program][] {
    const found = [...this.pods.values()].flatMap((pod): [Pod, Program][] => {
      const program = pod.metadata.deletionTimestamp ? undefined : programOf(pod)
      return program ? [[pod, program]] : []
    })
    return found.sort(([, a], [, b]) => ORDER.indexOf(a.name) - ORDER.indexOf(b.name))
  }

  private isToStart(pod: Pod, { name }: Program): boolean {
    if (!pod.spec.nodeName) return false
    const { uid } = pod.metadata
    const state = stateOf(pod)
    if (state === undefined) return pod.status?.phase === 'Running' && !this.started.has(uid)
    const seenAt = this.seenAt.get(uid) ?? Date.now()
    this.seenAt.set(uid, seenAt)
    const delayMs = ORDER.indexOf(name) > 2 ? (this.options.startDelayMs ?? 1000) : 0
    return state === STARTING && Date.now() - seenAt >= delayMs
  }

  private async tendEndpoints(): Promise<void> {
    const serving = this.programs().filter(([pod, program]) => this.serves(pod, program))
    // During a rollout two versions are ready and either might answer: here it is the newer one.
    serving.sort(([, a], [, b]) => semver.compare(a.version, b.version))
    const wanted = new Map(serving.map(([, program]) => [serviceOf(program), program]))
    for (const [service, endpoint] of this.endpoints) {
      if (wanted.has(service)) continue
      this.endpoints.delete(service)
      await endpoint.close()
    }
    for (const [service, program] of wanted) {
      const open = this.endpoints.get(service)
      if (open) open.program = program
      else await this.open(service, program)
    }
  }

  private async open(service: string, program: Program): Promise<void> {
    await this.attempt(`webhook of ${service}`, async () => {
      this.endpoints.set(service, await openEndpoint(this.api, program))
    })
  }

  private serves(pod: Pod, { name, version }: Program): boolean {
    const hasWebhook = name === 'osm-injector' || (name === 'osm-controller' && !version.startsWith('0.9.'))
    if (!hasWebhook || !this.started.has(pod.metadata.uid)) return false
    return this.isUp(pod)
  }

  /** A started pod is up until a state is wished for it; the picture of it may lag behind. */
  private isUp(pod: Pod): boolean {
    return isReady(pod) || [undefined, STARTING].includes(stateOf(pod))
  }

  private isBootstrapped(namespace: string): boolean {
    return this.programs().some(
      ([pod, program]) =>
        program.name === 'osm-bootstrap' &&
        program.namespace === namespace &&
        this.started.has(pod.metadata.uid) &&
        this.isUp(pod),
    )
  }

  private async attempt(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      const complaint = `${what}: ${(error as Error).message}`
      if (this.complaints.has(complaint) || this.ending.signal.aborted) return
      this.complaints.add(complaint)
      if (existsSync(this.bed.dir)) appendFileSync(join(this.bed.dir, 'osm-actor.log'), `${complaint}\n`)
    }
  }
}

function stateOf(pod: Pod): string | undefined {
  return pod.metadata.annotations?.[STATE_ANNOTATION]
}
