import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { storedCrds } from '../../src/adapters/helm-storage.js'
import { UpgradeError } from '../../src/errors.js'
import type { CrdManifest } from '../../src/model/chart.js'

const name = { name: 'osm', namespace: 'osm-system' }

function crdsOf(files: { name: string; text: string }[]): CrdManifest[] {
  const stored = files.map((file) => ({ name: file.name, data: Buffer.from(file.text).toString('base64') }))
  const json = gzipSync(JSON.stringify({ chart: { files: stored } })).toString('base64')
  return storedCrds({ kind: 'Secret', name: 'x', payload: Buffer.from(json).toString('base64') }, name)
}

describe('CRDs of a stored chart', () => {
  it('are those of crds/, whole', () => {
    const crd = 'kind: CustomResourceDefinition\nmetadata:\n  name: a.b\nspec:\n  group: b\n'
    const found = crdsOf([
      { name: 'crds/a.yaml', text: `${crd}---\nkind: ConfigMap\nmetadata: {name: c}\n` },
      { name: 'README.md', text: crd },
    ])
    assert.deepEqual(found, [
      {
        file: 'crds/a.yaml',
        object: { kind: 'CustomResourceDefinition', metadata: { name: 'a.b' }, spec: { group: 'b' } },
      },
    ])
  })

  it('are an error where they are no YAML', () => {
    const isUndecodable = (error: unknown): boolean =>
      error instanceof UpgradeError && error.code === 'ReleaseUndecodable'
    assert.throws(() => crdsOf([{ name: 'crds/a.yaml', text: 'a: [' }]), isUndecodable)
  })
})
