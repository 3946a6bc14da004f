import assert from 'node:assert/strict'
import { exitCodeOfDiagnosis } from '../../src/cli/exit-code.js'
import { UpgradeError } from '../../src/errors.js'
import type { KubeObject } from '../../src/model/kube-object.js'
import { refOf } from '../../src/model/kube-object.js'
import type { Diagnosis } from '../../src/model/rollout.js'
import type { ClusterReader } from '../../src/ports/cluster.js'
import { diagnoseRelease } from '../../src/troubleshoot/diagnose-release.js'
import { aDeployment } from '../support/builders.js'
import { fakeClock, refusing } from '../support/fake-ports.js'
import { aContainer, aPod, aRollout, crashed } from '../support/rollouts.js'

const { release } = aRollout({})
const deployment = aDeployment('osm-controller', { availableReplicas: 0 })
const crashing = (index: number): KubeObject => {
  const pod = aPod('osm-controller', {
    status: { containerStatuses: [aContainer('osm-controller', crashed(1, 'Error', 'password=hunter22'))] },
  })
  return { ...pod, metadata: { ...pod.metadata, name: `pod-${index}`, uid: `uid-${index}` } }
}
const forbidden = new UpgradeError('ApiFailure', 'GET /x: is forbidden', { status: '403' })

interface World {
  deployments?: KubeObject[]
  pods?: KubeObject[]
  jobs?: KubeObject[]
  changes?: Partial<ClusterReader>
}

async function diagnose(
  { deployments = [deployment], pods = [], jobs = [], changes = {} }: World,
  withHooks = true,
): Promise<Diagnosis & { calls: string[] }> {
  const calls: string[] = []
  const objects: Record<string, KubeObject[]> = { Deployment: deployments, Pod: pods, Job: jobs }
  const cluster = refusing<ClusterReader>({
    listObjects: async (_apiVersion, kind) => {
      calls.push(kind)
      return objects[kind] ?? []
    },
    listEvents: async () => (calls.push('Event'), []),
    readLogs: async ({ name }, container, { previous }) => {
      calls.push(`log ${name} ${container} ${String(previous)}`)
      return 'dialling with s3cr3t\ntoken=abcdefgh\n'
    },
    ...changes,
  })
  const redact = (text: string): string => text.replaceAll('s3cr3t', '(hidden)')
  const subject = { release, workloads: [refOf(deployment)], withHooks }
  const diagnosis = await diagnoseRelease(subject, { cluster, clock: fakeClock(), redact })
  return { ...diagnosis, calls }
}

describe('diagnosing a release', () => {
  it('asks for no log and finds nothing where the rollout is whole', async () => {
    const diagnosis = await diagnose({ deployments: [aDeployment('osm-controller')], pods: [crashing(1)] })
    assert.deepEqual([diagnosis.findings, diagnosis.stalledPods], [[], []])
    assert.deepEqual(diagnosis.calls.sort(), ['Deployment', 'Event', 'Job', 'Pod', 'ReplicaSet'])
    assert.equal(exitCodeOfDiagnosis(diagnosis), 0)
  })

  it('reads few logs however many pods fail, and hides secrets in what they say', async () => {
    const pods = Array.from({ length: 500 }, (_, index) => crashing(index))
    const diagnosis = await diagnose({ pods })
    assert.equal(diagnosis.calls.filter((call) => call.startsWith('log')).length, 3)
    assert.deepEqual([diagnosis.findings.length, diagnosis.findings[0]?.objects?.length], [1, 500])
    assert.match(diagnosis.findings[0]?.evidence.join() ?? '', /dialling with \(hidden\)/)
    assert.doesNotMatch(JSON.stringify(diagnosis), /s3cr3t|abcdefgh|hunter22/)
    assert.equal(exitCodeOfDiagnosis(diagnosis), 3)
  })

  it('says what could not be read, and names the cause all the same', async () => {
    const fails = (): Promise<never> => Promise.reject(forbidden)
    const diagnosis = await diagnose({ pods: [crashing(1)], changes: { listEvents: fails, readLogs: fails } })
    assert.deepEqual(
      diagnosis.findings.map(({ code }) => code),
      ['MU705', 'MU709'],
    )
    assert.match(diagnosis.findings[1]?.evidence.join() ?? '', /events: GET \/x: is forbidden/)
  })

  it('does not take a rollout that is not whole for success where no cause is found', async () => {
    const diagnosis = await diagnose({})
    assert.deepEqual(diagnosis.findings, [])
    assert.equal(exitCodeOfDiagnosis(diagnosis), 1)
  })

  it('does not look at hooks once helm has finished well', async () => {
    const { calls } = await diagnose({}, false)
    assert.ok(!calls.includes('Job'))
  })
})
