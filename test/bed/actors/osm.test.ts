import assert from 'node:assert/strict'
import { mustInject, sidecarPatch, type InjectablePod } from './inject-sidecar.js'
import { faultOf } from './osm-faults.js'
import { programOf, type Program } from './osm-programs.js'
import { flagOf, type Container, type Pod } from './pod-watch.js'

function podWith(container: Container, labels: Record<string, string> = {}): Pod {
  const metadata = { uid: '1', name: 'p', namespace: 'osm-system', labels, creationTimestamp: '' }
  return { metadata, spec: { containers: [container] } }
}

function programWith(container: Container, labels: Record<string, string>): Program {
  const program = programOf(podWith(container, labels))
  assert.ok(program)
  return program
}

describe("the mesh's programs", () => {
  it('are of the version in the tag, and by digest of the version in the label', () => {
    const labels = { app: 'osm-injector', 'app.kubernetes.io/version': 'v0.11.1' }
    const tagged = { name: 'osm-injector', image: 'registry:5000/osm-injector:v0.10.0' }
    assert.equal(programWith(tagged, labels).version, '0.10.0')
    const byDigest = { name: 'osm-injector', image: `osm-injector@sha256:${'0'.repeat(64)}` }
    assert.equal(programWith(byDigest, labels).version, '0.11.1')
  })

  it('are found in pods of hooks, and not in pods of others', () => {
    const hook = podWith({ name: 'crds-upgrade', image: 'openservicemesh/osm-crds:v0.10.0' })
    assert.equal(programOf(hook)?.name, 'osm-crds')
    assert.equal(programOf(podWith({ name: 'web', image: 'web:v1' }, { app: 'web' })), undefined)
  })

  it('take flags in both spellings', () => {
    const container = { name: 'c', image: 'i', args: ['--mesh-name', 'osm', '--enable-reconciler=false'] }
    assert.equal(flagOf(container, 'mesh-name'), 'osm')
    assert.equal(flagOf(container, 'enable-reconciler'), 'false')
    assert.equal(flagOf(container, 'mesh'), undefined)
  })

  it('do not run when chart and image are of different versions', () => {
    const newFlags = {
      name: 'osm-injector',
      image: 'osm-injector:v0.10.0',
      args: ['--osm-version', 'v0.11.1'],
    }
    const crash = faultOf(programWith(newFlags, { app: 'osm-injector' }))
    assert.equal(crash?.state, 'crash-loop')
    assert.match(crash?.log ?? '', /unknown flag: --osm-version/)
    const unpublished = { name: 'osm-bootstrap', image: 'osm-bootstrap:v0.9.2' }
    assert.equal(faultOf(programWith(unpublished, { app: 'osm-bootstrap' }))?.state, 'image-pull')
    const oldChart = { name: 'osm-controller', image: 'osm-controller:v0.10.0' }
    assert.match(faultOf(programWith(oldChart, { app: 'osm-controller' }))?.log ?? '', /Please specify/)
  })
})

describe('the sidecar injection', () => {
  const key = 'openservicemesh.io/sidecar-injection'
  const podSaying = (word?: string): InjectablePod => ({
    metadata: word === undefined ? {} : { annotations: { [key]: word } },
    spec: { serviceAccountName: 'shop' },
  })

  it("goes by the pod's word before the namespace's", () => {
    assert.equal(mustInject(podSaying(), { [key]: 'enabled' }), true)
    assert.equal(mustInject(podSaying('no'), { [key]: 'enabled' }), false)
    assert.equal(mustInject(podSaying('Yes')), true)
    assert.equal(mustInject(podSaying()), false)
    assert.throws(() => mustInject(podSaying('maybe')), /Invalid annotation value/)
  })

  it('adds proxy, init container, volume and label, keeping what is there', () => {
    const pod: InjectablePod = {
      metadata: { labels: { app: 'shop' } },
      spec: { volumes: [{ name: 'token' }] },
    }
    const patch = sidecarPatch(pod, 'some-id', { envoyImage: 'envoy:1', initContainerImage: 'init:1' })
    const byPath = new Map(patch.map(({ path, value }) => [path, value]))
    assert.deepEqual(byPath.get('/metadata/labels'), { app: 'shop', 'osm-proxy-uuid': 'some-id' })
    const [token, bootstrap] = byPath.get('/spec/volumes') as { name: string; secret?: object }[]
    assert.equal(token?.name, 'token')
    assert.deepEqual(bootstrap?.secret, { secretName: 'envoy-bootstrap-config-some-id' })
    assert.equal((byPath.get('/spec/containers/-') as Container).image, 'envoy:1')
    assert.equal((byPath.get('/spec/initContainers') as Container[])[0]?.name, 'osm-init')
  })

  it('refuses a pod when the mesh is not configured', () => {
    assert.throws(() => sidecarPatch(podSaying(), 'id', {}), /MeshConfig sidecar\.initContainerImage not set/)
  })
})
