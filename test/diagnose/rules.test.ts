/** Each rule on single recorded lines; where a line comes from stands beside it. */
import assert from 'node:assert/strict'
import { rootCauses } from '../../src/diagnose/root-causes.js'
import type { Finding } from '../../src/model/finding.js'
import type { KubeObject } from '../../src/model/kube-object.js'
import { aCrd } from '../support/builders.js'
import {
  aContainer,
  anEvent,
  aPod,
  aRollout,
  crashed,
  running,
  waiting,
  type RolloutWishes,
} from '../support/rollouts.js'

const causesOf = (wishes: RolloutWishes): Finding[] => rootCauses(aRollout(wishes))
const codesOf = (wishes: RolloutWishes): string[] => causesOf(wishes).map(({ code }) => code)
const commandsOf = (finding: Finding | undefined): string => finding?.remedy?.commands.join('\n') ?? ''
const failing = (name: string, state: object): KubeObject =>
  aPod(name, { status: { phase: 'Running', containerStatuses: [aContainer(name, state)] } })

/** The cause and nothing else. */
function only(wishes: RolloutWishes, code: string): Finding {
  const found = causesOf(wishes)
  assert.deepEqual(
    found.map((each) => each.code),
    [code],
  )
  return found[0]!
}

describe('rule: insufficient resources', () => {
  const resources = (cpu: string, memory = '64M'): object => ({
    containers: [{ name: 'c', resources: { requests: { cpu, memory } } }],
  })
  const unscheduled = (app: string, message: string, cpu = '500m'): KubeObject =>
    aPod(app, {
      spec: { nodeName: '', ...resources(cpu) },
      status: {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
      },
    })
  const node = (cpu: string): KubeObject => ({
    ...{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'docker-desktop' } },
    status: { allocatable: { cpu, memory: '2Gi' } },
  })
  // kube-scheduler 1.36, pkg/scheduler/framework/types.go
  const words =
    '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.'

  it('tells nodes, requests and, where the old pod holds what is lacking, to let that go first', () => {
    const old = aPod('osm-controller', {
      spec: resources('500m'),
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    })
    old.metadata.name = 'osm-controller-old'
    const pods = [unscheduled('osm-controller', words), old]
    const cause = only({ pods, nodes: [node('1')] }, 'MU701')
    assert.match(
      cause.message,
      /Insufficient cpu: .*Deployment osm-system\/osm-controller; osm-controller asks for 500m CPU/,
    )
    const evidence = cause.evidence.join('\n')
    assert.match(evidence, /0\/1 nodes are available: 1 Insufficient cpu\.$/m)
    assert.match(evidence, /node docker-desktop has 1 CPU/)
    assert.match(evidence, /osm-controller-old, of the version before, still holds 500m CPU/)
    assert.match(
      commandsOf(cause),
      /kubectl patch deployment osm-controller -n osm-system .*"maxSurge":0,"maxUnavailable":1/,
    )
    assert.match(commandsOf(cause), /--set OpenServiceMesh\.osmController\.resource\.requests\.cpu=250m/)
    assert.match(cause.remedy?.text ?? '', /Docker Desktop/)
  })

  it('does not tell to let old pods go where the new ones do not fit together, and asks for so much less that they do', () => {
    const apps: [string, string][] = [
      ['osm-bootstrap', '300m'],
      ['osm-controller', '500m'],
      ['osm-injector', '300m'],
    ]
    const pods = apps.map(([app, cpu]) => unscheduled(app, words, cpu))
    const old = aPod('osm-controller', {
      spec: resources('500m'),
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    })
    const tight = only({ pods: [...pods, old], nodes: [node('1')] }, 'MU701')
    assert.doesNotMatch(commandsOf(tight), /maxSurge/)
    // 500m are free for 1100m.
    assert.match(commandsOf(tight), /osmController\.resource\.requests\.cpu=227m/)
    assert.match(commandsOf(only({ pods: [...pods, old], nodes: [node('1.2')] }, 'MU701')), /maxSurge/)
  })

  it('reads the event of the guide where the condition is not there', () => {
    const pod = aPod('osm-controller', { spec: { nodeName: '' }, status: { phase: 'Pending' } })
    // The upgrade guide, "Insufficient CPU".
    const event = anEvent(
      'osm-controller',
      'FailedScheduling',
      '0/1 nodes are available: 1 Insufficient cpu.',
    )
    only({ pods: [pod], events: [event] }, 'MU701')
  })

  it('is one finding for all pods that lack the same, another for memory, and none for other reasons', () => {
    const pods = ['osm-controller', 'osm-injector'].map((app) => unscheduled(app, words))
    assert.equal(only({ pods }, 'MU701').objects?.length, 2)
    const memory = unscheduled('osm-bootstrap', '0/1 nodes are available: 1 Insufficient memory.')
    assert.deepEqual(codesOf({ pods: [...pods, memory] }), ['MU701', 'MU701'])
    const taint = '0/1 nodes are available: 1 node(s) had untolerated taint(s).'
    only({ pods: [unscheduled('osm-controller', taint)] }, 'MU706')
  })
})

describe('rule: CRDs out of step', () => {
  // The upgrade guide; client-go 0.2x writes the second form, 1.3x the third (reflector.go).
  const lines = [
    'reflector.go:178] pkg/mod/k8s.io/client-go@v0.18.6/tools/cache/reflector.go:125: Failed to list *v1alpha2.TrafficTarget: the server could not find the requested resource (get traffictargets.access.smi-spec.io)',
    'E0721 12:00:00.1 1 reflector.go:138] x.go:1: Failed to watch *v1alpha2.TrafficTarget: failed to list *v1alpha2.TrafficTarget: the server could not find the requested resource (get traffictargets.access.smi-spec.io)',
    'E0721 12:00:00.1 1 reflector.go:200] "Failed to watch" err="failed to list *v1alpha2.TrafficTarget: the server could not find the requested resource (get traffictargets.access.smi-spec.io)" reflector="x" type="*v1alpha2.TrafficTarget"',
  ]
  const crd = (version: string): { name: string; object: KubeObject } => {
    const name = 'traffictargets.access.smi-spec.io'
    return { name, object: aCrd(name, { [version]: {} }) }
  }
  const pods = [failing('osm-controller', crashed(1))]

  for (const [index, line] of lines.entries()) {
    it(`names CRD, wanted version and versions served (form ${index + 1})`, () => {
      const cause = only({ pods, logs: { 'osm-controller': line }, crds: [crd('v1alpha3')] }, 'MU702')
      assert.match(
        cause.message,
        /TrafficTarget v1alpha2, but CRD traffictargets\.access\.smi-spec\.io serves v1alpha3/,
      )
      assert.match(commandsOf(cause), /^\{program\} osm -n osm-system --to 0\.10\.0$/m)
      assert.match(commandsOf(cause), /kubectl rollout restart deployment\/osm-controller -n osm-system/)
    })
  }

  it('tells an absent CRD from one that serves other versions, and one that serves it by now', () => {
    const logs = { 'osm-controller': lines[0]! }
    assert.match(only({ pods, logs }, 'MU702').message, /but there is no CRD traffictargets/)
    const mended = only({ pods, logs, crds: [crd('v1alpha2')] }, 'MU702')
    assert.equal(commandsOf(mended), 'kubectl rollout restart deployment/osm-controller -n osm-system')
    const { crds: _, ...unread } = aRollout({ pods, logs })
    assert.match(rootCauses(unread)[0]?.message ?? '', /could not be read/)
  })
})

describe('rule: refused arguments', () => {
  // OSM v0.8.4, pkg/k8s/events; the guide quotes its error and reason.
  const fatal =
    '{"level":"fatal","component":"osm-injector/main","error":"Please specify the init container image using --init-container-image","reason":"FatalInvalidCLIParameters","time":"2021-07-01T00:00:00Z","file":"events.go:139","message":"Error validating CLI parameters"}'
  const pod = (image: string): KubeObject => failing('osm-injector', { ...crashed(1), image })

  it('tells which is older and how to bring them together', () => {
    const pods = [pod('openservicemesh/osm-injector:v0.8.4')]
    const events = [anEvent('osm-injector', 'FatalInvalidCLIParameters', 'Error validating CLI parameters')]
    const cause = only({ pods, events, logs: { 'osm-injector': fatal } }, 'MU703')
    assert.match(cause.message, /osm-injector:v0\.8\.4 is older than chart 0\.10\.0 .*--init-container-image/)
    assert.equal(cause.evidence.length, 2)
    assert.match(commandsOf(cause), /--set OpenServiceMesh\.image\.tag=v0\.10\.0\n.*--images chart/)
  })

  it('needs the event alone, or the words of pflag and of flag', () => {
    const pods = [pod('openservicemesh/osm-injector:v0.9.2')]
    only({ pods, events: [anEvent('osm-injector', 'FatalInvalidCLIParameters', 'x')] }, 'MU703')
    // openservicemesh/osm#1491
    const pflag = 'unknown flag: --certificate-manager\nUsage of ads:\n      --verbosity string'
    assert.match(
      only({ pods, logs: { 'osm-injector': pflag } }, 'MU703').message,
      /unknown flag: --certificate-manager/,
    )
    only({ pods, logs: { 'osm-injector': 'flag provided but not defined: -x' } }, 'MU703')
  })

  it("takes the chart's default tag for the right one, since an appVersion may lack the v", () => {
    const chartDefaults = { OpenServiceMesh: { image: { tag: 'v0.10.0-rc.1' } } }
    const pods = [pod('registry.example.com/osm-injector:v0.10.0')]
    const cause = only({ pods, chartDefaults, logs: { 'osm-injector': fatal } }, 'MU703')
    assert.match(cause.message, /is newer than chart/)
    assert.match(commandsOf(cause), /image\.tag=v0\.10\.0-rc\.1/)
  })
})

describe('rule: image pull', () => {
  const image = 'openservicemesh/osm-controller:v9.9.9'
  // containerd 2.1, docker.io; kubelet 1.36 repeats them in the waiting message, older ones only in an event.
  const notFound = `failed to pull and unpack image "docker.io/${image}": failed to resolve reference "docker.io/${image}": docker.io/${image}: not found`
  const words: [string, RegExp][] = [
    [
      notFound,
      /the image does not exist: openservicemesh\/osm-controller:v9\.9\.9; the chart's own tag is v0\.10\.0/,
    ],
    ['no match for platform in manifest: not found', /for the node's platform/],
    [
      '429 Too Many Requests - toomanyrequests: You have reached your pull rate limit as bob: dckr_pat_x',
      /rate limit/,
    ],
    ['pull access denied, repository does not exist or may require authorization', /refuses access/],
    ['dial tcp: lookup registry.example.com on 10.0.0.1:53: no such host', /cannot be resolved/],
    ['x509: certificate signed by unknown authority', /certificate is not accepted/],
    ['dial tcp 10.0.0.1:443: i/o timeout', /cannot be reached/],
    ['write /var/lib/containerd/x: no space left on device', /disk is full/],
  ]

  for (const [text, expected] of words) {
    it(`understands: ${text.slice(-60)}`, () => {
      const state = waiting('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${text}`)
      const cause = only({ pods: [failing('osm-controller', { ...state, image })] }, 'MU704')
      assert.match(cause.message, expected)
      assert.ok(!cause.evidence.join().includes('dckr_pat_x'))
    })
  }

  it('takes the words from the event where the waiting message has none, and says where there are none', () => {
    const pods = [
      failing('osm-controller', {
        ...waiting('ImagePullBackOff', `Back-off pulling image "${image}"`),
        image,
      }),
    ]
    const event = anEvent(
      'osm-controller',
      'Failed',
      `Failed to pull image "${image}": rpc error: code = NotFound desc = ${notFound}`,
    )
    assert.match(only({ pods, events: [event] }, 'MU704').message, /does not exist/)
    assert.match(only({ pods }, 'MU704').evidence.join(), /no longer recorded/)
  })

  it('is one finding for images of one registry and tag', () => {
    const pods = ['osm-controller', 'osm-injector'].map((name) =>
      failing(name, { ...waiting('ErrImagePull', 'not found'), image: `reg/${name}:v9` }),
    )
    assert.equal(only({ pods }, 'MU704').objects?.length, 2)
    only({ pods: [failing('osm-controller', { ...waiting('InvalidImageName'), image: 'reg/:' })] }, 'MU704')
  })
})

describe('rule: crash loop', () => {
  it('tells exit code, restarts and last words', () => {
    const log = 'one\ntwo\npanic: runtime error: index out of range\ngoroutine 1 [running]:'
    const pods = [failing('osm-controller', crashed(2))]
    const cause = only({ pods, logs: { 'osm-controller': log } }, 'MU705')
    assert.match(cause.message, /restarted 3 times\), last with exit code 2/)
    assert.deepEqual(cause.evidence[0], 'log: panic: runtime error: index out of range')
    assert.match(
      commandsOf(cause),
      /kubectl logs osm-controller-abc -n osm-system -c osm-controller --previous/,
    )
  })

  it('tells OOMKilled from other ends by 137, and the limit to raise', () => {
    const pod = failing('osm-injector', crashed(137, 'OOMKilled'))
    pod.spec = {
      nodeName: 'n',
      containers: [{ name: 'osm-injector', resources: { limits: { memory: '64M' } } }],
    }
    const cause = only({ pods: [pod] }, 'MU705')
    assert.match(cause.message, /OOMKilled/)
    assert.match(commandsOf(cause), /OpenServiceMesh\.injector\.resource\.limits\.memory=128M/)
    assert.doesNotMatch(only({ pods: [failing('osm-injector', crashed(137))] }, 'MU705').message, /OOM/)
  })

  it('sees it between two restarts, and not in a first one that may be a hiccup', () => {
    const between = { ...crashed(1), ...running(), restartCount: 2 }
    only({ pods: [failing('osm-controller', between)] }, 'MU705')
    const first = { ...between, ...running('2026-01-01T00:59:55Z'), restartCount: 1 }
    assert.deepEqual(codesOf({ pods: [failing('osm-controller', first)] }), [])
  })
})

describe('rule: not ready', () => {
  it("gives the probe's words after a time of grace, and nothing before", () => {
    const event = anEvent(
      'osm-controller',
      'Unhealthy',
      'Readiness probe failed: HTTP probe failed with statuscode: 503',
    )
    const late = only({ pods: [failing('osm-controller', running())], events: [event] }, 'MU706')
    assert.match(late.evidence.join(), /statuscode: 503/)
    const young = failing('osm-controller', running('2026-01-01T00:59:45Z'))
    assert.deepEqual(codesOf({ pods: [young], events: [event] }), [])
  })

  it("gives the node's words", () => {
    const state = waiting('CreateContainerConfigError', 'secret "osm-ca-bundle" not found')
    assert.match(only({ pods: [failing('osm-controller', state)] }, 'MU706').evidence.join(), /osm-ca-bundle/)
  })
})
