import assert from 'node:assert/strict'
import { meshExpectations } from '../../src/diagnose/mesh-expectations.js'
import { formatRef } from '../../src/model/object-ref.js'
import { aRelease } from '../support/builders.js'

describe('what a mesh needs besides its release', () => {
  const names = (changes: Parameters<typeof aRelease>[0]): string[] =>
    meshExpectations(aRelease(changes)).map(({ object }) => `${object.apiVersion} ${formatRef(object)}`)
  const admission = 'admissionregistration.k8s.io/v1'

  it('is a MeshConfig and the webhooks of its version, by the names in its values', () => {
    assert.deepEqual(names({ chartVersion: '0.9.2' }), [
      `${admission} MutatingWebhookConfiguration osm-webhook-osm`,
      'config.openservicemesh.io/v1alpha1 MeshConfig osm-system/osm-mesh-config',
    ])
    assert.deepEqual(
      names({ chartVersion: '1.2.0', values: { osm: { meshName: 'm', osmNamespace: 'n' } } }),
      [
        `${admission} MutatingWebhookConfiguration osm-webhook-m`,
        `${admission} ValidatingWebhookConfiguration osm-validator-mesh-m`,
        'config.openservicemesh.io/v1alpha2 MeshConfig n/osm-mesh-config',
      ],
    )
  })

  it('is nothing where no mesh is known', () => assert.deepEqual(names({ chartName: 'other' }), []))
})
