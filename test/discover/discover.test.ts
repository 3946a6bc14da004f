import assert from 'node:assert/strict'
import { chooseTarget } from '../../src/discover/choose-target.js'
import { findRelease } from '../../src/discover/find-release.js'
import { readNotes } from '../../src/discover/read-notes.js'
import { generic } from '../../src/meshes/generic.js'
import { osm } from '../../src/meshes/osm/osm.js'
import type { ChartSource } from '../../src/model/chart.js'
import type { KubeObject } from '../../src/model/kube-object.js'
import type { ReleaseName } from '../../src/model/release.js'
import type { ClusterReader } from '../../src/ports/cluster.js'
import type { HelmReader } from '../../src/ports/helm.js'
import type { TextReader } from '../../src/ports/outside.js'
import type { ReadPorts } from '../../src/ports/ports.js'
import type { ReleaseReader } from '../../src/ports/releases.js'
import { aChart, aRelease } from '../support/builders.js'
import { refusing } from '../support/fake-ports.js'

function marker(release: ReleaseName): KubeObject {
  const annotations = {
    'meta.helm.sh/release-name': release.name,
    'meta.helm.sh/release-namespace': release.namespace,
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'osm-controller', namespace: release.namespace, annotations },
  }
}

function portsWith(stored: ReleaseName[], meshes: ReleaseName[] = stored): ReadPorts {
  const releases = refusing<ReleaseReader>({
    findRelease: async (name) => stored.filter((release) => release.name === name),
    readRelease: async ({ name, namespace }) =>
      stored.some((release) => release.name === name && release.namespace === namespace)
        ? aRelease({ name, namespace })
        : undefined,
  })
  const cluster = refusing<ClusterReader>({ listObjects: async () => meshes.map(marker) })
  return { releases, cluster } as unknown as ReadPorts
}

const a = { name: 'osm', namespace: 'osm-system' }
const b = { name: 'osm', namespace: 'other' }

describe('findRelease', () => {
  it('finds the only mesh without being told its name', async () => {
    const found = await findRelease({}, portsWith([a]))
    assert.equal(found.namespace, 'osm-system')
  })

  it('says so where there is none, and lists the choices where there are several', async () => {
    await assert.rejects(findRelease({}, portsWith([])), { code: 'ReleaseAbsent' })
    await assert.rejects(findRelease({}, portsWith([a, b])), (error: { code: string; remedy: string }) => {
      assert.equal(error.code, 'ReleaseAmbiguous')
      return error.remedy.includes('osm -n other')
    })
  })

  it('finds a named release in whichever namespace stores it', async () => {
    assert.equal((await findRelease({ releaseName: 'osm' }, portsWith([b]))).namespace, 'other')
  })

  it('tells where a release is that is not in the namespace given', async () => {
    await assert.rejects(
      findRelease({ releaseName: 'osm', namespace: 'default' }, portsWith([a])),
      (error: { remedy: string }) => error.remedy.includes('osm -n osm-system'),
    )
  })
})

function helmPorts(
  versions: string[],
  repositories: { name: string; url: string }[] = [],
): { ports: ReadPorts; loaded: ChartSource[] } {
  const loaded: ChartSource[] = []
  const helm = refusing<HelmReader>({
    repositories: async () => repositories,
    listVersions: async () => versions.map((version) => ({ version, appVersion: version })),
    loadChart: async (source) => {
      loaded.push(source)
      return aChart('version' in source && source.version ? { version: source.version } : {})
    },
  })
  return { ports: { helm } as unknown as ReadPorts, loaded }
}

describe('chooseTarget', () => {
  const versions = ['v0.11.1', '0.10.0', '0.10.0-rc.1', '0.9.2']

  it('takes the recommended version of the published repository when nothing is said', async () => {
    const { ports, loaded } = helmPorts(versions)
    const target = await chooseTarget({ devel: false }, aRelease(), osm, ports)
    assert.deepEqual(loaded, [
      { type: 'repository', url: osm.repository?.url, chart: 'osm', version: '0.10.0' },
    ])
    assert.match(target.reason, /next minor/)
    assert.deepEqual(target.available, ['v0.11.1', '0.10.0', '0.9.2'])
  })

  it('prefers a repository of the user that mirrors the mesh', async () => {
    const { ports, loaded } = helmPorts(versions, [{ name: 'osm', url: 'https://mirror.example.com' }])
    await chooseTarget({ devel: false, to: '0.11.1' }, aRelease(), osm, ports)
    assert.deepEqual(loaded, [
      { type: 'named-repository', repository: 'osm', chart: 'osm', version: 'v0.11.1' },
      // One minor at a time: the one between is gone through first.
      { type: 'named-repository', repository: 'osm', chart: 'osm', version: '0.10.0' },
    ])
  })

  it('stays at the installed version where nothing newer is published', async () => {
    const { ports, loaded } = helmPorts(['0.9.2'])
    await chooseTarget({ devel: false }, aRelease(), osm, ports)
    assert.equal(loaded[0]?.type === 'repository' && loaded[0].version, '0.9.2')
  })

  it('takes a folder, an archive, OCI and repo/name as helm does', async () => {
    const { ports, loaded } = helmPorts(versions, [{ name: 'mine', url: 'https://x.example.com' }])
    for (const chart of [
      './charts/osm',
      'charts/osm',
      'osm-0.10.0.tgz',
      'oci://r.example.com/osm',
      'mine/osm',
    ]) {
      await chooseTarget({ devel: false, chart }, aRelease(), osm, ports)
    }
    assert.deepEqual(
      loaded.map(({ type }) => type),
      ['path', 'path', 'path', 'reference', 'named-repository'],
    )
  })

  it('says where a repository has no such chart, and how to see what it has', async () => {
    const { ports } = helmPorts([], [{ name: 'mine', url: 'https://x.example.com' }])
    const error = { code: 'ChartUnreadable', remedy: 'See what it has: helm search repo mine/' }
    await assert.rejects(chooseTarget({ devel: false, chart: 'mine/osm' }, aRelease(), osm, ports), error)
    const named = { ...error, remedy: 'See what it has: curl -fsS https://x.example.com/index.yaml' }
    const wish = { devel: false, chart: 'osm', repo: 'https://x.example.com/' }
    await assert.rejects(chooseTarget(wish, aRelease(), osm, ports), named)
  })

  it('lists the versions there are where the wish fits none, and asks for a chart where no repository is known', async () => {
    const { ports } = helmPorts(versions)
    await assert.rejects(chooseTarget({ devel: false, to: '3.0.0' }, aRelease(), osm, ports), {
      code: 'VersionUnknown',
    })
    await assert.rejects(chooseTarget({ devel: false, chart: './x', to: '9.9.9' }, aRelease(), osm, ports), {
      code: 'VersionUnknown',
    })
    await assert.rejects(chooseTarget({ devel: false }, aRelease(), generic, ports), { code: 'ChartUnknown' })
  })
})

describe('readNotes', () => {
  const texts = (read: TextReader['readText'], files: string[] = []): ReadPorts =>
    ({
      texts: refusing<TextReader>({ readText: read, listNotes: async () => files }),
    }) as unknown as ReadPorts

  it('reads every version in between, from where they are published', async () => {
    const asked: string[] = []
    const ports = texts(async (location) => {
      asked.push(location)
      return `notes of ${location}`
    })
    const available = ['0.9.2', '0.10.0', 'v0.11.0', 'v0.11.1', '1.0.0']
    await readNotes({ from: '0.10.0', to: 'v0.11.1', available, location: undefined }, osm, ports)
    assert.deepEqual(
      asked.map((location) => location.split('/').at(-1)),
      ['v0.11.0', 'v0.11.1'],
    )
  })

  it('is unknown, with the reason, where they cannot be read', async () => {
    const ports = texts(async () => {
      throw new Error('no network')
    })
    const [notes] = await readNotes(
      { from: '0.9.2', to: '0.10.0', available: [], location: undefined },
      osm,
      ports,
    )
    assert.deepEqual(notes, { version: '0.10.0', source: 'no network' })
  })

  it('picks the file of the version in a folder, and fills {version} in', async () => {
    const ports = texts(async (location) => location, ['/n/v0.10.0.md', '/n/v0.10.01.md', '/n/v0.1.0.md'])
    const wish = { from: '0.9.2', to: '0.10.0', available: [], location: '/n' }
    assert.equal((await readNotes(wish, osm, ports))[0]?.text, '/n/v0.10.0.md')
    const url = { from: '0.9.2', to: '0.10.0', available: [], location: 'https://x.example.com/{version}.md' }
    assert.equal((await readNotes(url, osm, ports))[0]?.text, 'https://x.example.com/0.10.0.md')
  })
})
