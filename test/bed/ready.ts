/** A bed is up when a Deployment really becomes available on it; controllers react seconds after /readyz. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from './api.js'
import { nodesReady } from './nodes.js'

const pollMs = 50
const name = 'bed-probe'
// Nobody looks there, so its events can be deleted without asking whose they are.
const namespace = 'kube-public'
const labels = { app: name }

export interface Wait {
  what: string
  timeoutMs: number
  /** Called between looks; throws when waiting has become pointless. */
  assertRunning: () => void
}

/** Looks until `look` says yes; throws what was waited for when the time runs out. */
export async function waitUntil(look: () => Promise<boolean>, wait: Wait): Promise<void> {
  const deadline = Date.now() + wait.timeoutMs
  let reason = ''
  while (Date.now() < deadline) {
    try {
      if (await look()) return
    } catch (error) {
      reason = `: ${(error as Error).message}`
    }
    wait.assertRunning()
    await sleep(pollMs)
  }
  throw new Error(`test bed: ${wait.what} took more than ${wait.timeoutMs / 1000} s${reason}`)
}

/** Proves with a Deployment that controllers, scheduler and KWOK work, and removes its traces. */
export async function waitForFirstRollout(api: ApiClient, assertRunning: () => void): Promise<void> {
  const until = (what: string, look: () => Promise<boolean>): Promise<void> =>
    waitUntil(look, { what, timeoutMs: 90_000, assertRunning })
  const found = async (path: string): Promise<boolean> => (await api.send('GET', path)).status === 200
  await until('the nodes to be Ready', () => nodesReady(api))
  for (const name of ['default', namespace]) {
    await until('the default ServiceAccount', () =>
      found(`/api/v1/namespaces/${name}/serviceaccounts/default`),
    )
  }
  const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`
  await api.expect('POST', deployments, probe)
  await until('a first Deployment to be available', async () => {
    const { status } = (await api.expect('GET', `${deployments}/${name}`)) as {
      status: { availableReplicas?: number }
    }
    return status.availableReplicas === 1
  })
  await api.expect('DELETE', `${deployments}/${name}?propagationPolicy=Foreground`)
  await until('the first Deployment to be gone', async () => !(await found(`${deployments}/${name}`)))
  await api.expect('DELETE', `/api/v1/namespaces/${namespace}/events`)
}

const probe = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, labels },
  spec: {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      // Zero requests: a bed may be restored with nodes that are full.
      spec: { containers: [{ name: 'probe', image: 'probe' }], terminationGracePeriodSeconds: 0 },
    },
  },
}
