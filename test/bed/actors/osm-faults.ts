/** Programs that cannot run: an image that was never published, or one that does not know the chart's flags. */
import semver from 'semver'
import type { Bed } from '../start.js'
import { setPodLog } from '../logs.js'
import type { KubeApi } from './kube-api.js'
import { STATE_ANNOTATION } from './osm-gate.js'
import type { Program, ProgramName } from './osm-programs.js'
import { flagOf, type Pod } from './pod-watch.js'

export interface Fault {
  state: 'image-pull' | 'crash-loop'
  /** The container that fails. */
  container: string
  log?: string
}

/** The first version of programs that came later. */
const PUBLISHED_SINCE: Partial<Record<ProgramName, string>> = {
  'osm-bootstrap': '0.10.0',
  'osm-crds': '0.10.0',
}

/** The first version that knows a flag which a chart may pass to it. */
const KNOWN_SINCE: Record<string, string> = {
  'osm-service-account': '0.10.0',
  'validator-webhook-config': '0.10.0',
  'osm-version': '0.11.0',
  'enable-reconciler': '0.11.0',
  'validate-traffic-target': '0.11.0',
  'webhook-timeout': '0.11.0',
}

/** Why a program will not run, if so: its image's version and the chart's do not go together. */
export function faultOf({ name, version, container }: Program): Fault | undefined {
  if (semver.lt(version, PUBLISHED_SINCE[name] ?? '0.0.0'))
    return { state: 'image-pull', container: container.name }
  const unknown = Object.entries(KNOWN_SINCE).find(
    ([flag, since]) => semver.lt(version, since) && flagOf(container, flag) !== undefined,
  )
  if (unknown) {
    return {
      state: 'crash-loop',
      container: container.name,
      log: `unknown flag: --${unknown[0]}\nUsage of ads:\n`,
    }
  }
  const needsValidator = name === 'osm-controller' && semver.gte(version, '0.10.0')
  if (needsValidator && flagOf(container, 'validator-webhook-config') === undefined) {
    const error = 'Please specify the webhook configuration name using --validator-webhook-config'
    return { state: 'crash-loop', container: container.name, log: fatalLine(error) }
  }
  return undefined
}

function fatalLine(error: string): string {
  const message = 'Error validating CLI parameters'
  const line = {
    level: 'fatal',
    component: 'kube-events',
    error,
    reason: 'FatalInvalidCLIParameters',
    message,
  }
  return `${JSON.stringify(line)}\n`
}

/** Lets the pod fail as the fault says. */
export async function failPod(bed: Bed, api: KubeApi, pod: Pod, fault: Fault): Promise<void> {
  const { namespace, name } = pod.metadata
  const { container } = fault
  if (fault.log) await setPodLog(bed, { namespace, name, container }, fault.log)
  const annotations = { [STATE_ANNOTATION]: fault.state, 'bed.mesh-upgrade.dev/container': container }
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`
  await api.call({ method: 'PATCH', path, body: { metadata: { annotations } }, also: [404] })
}
