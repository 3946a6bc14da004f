import assert from 'node:assert/strict'
import type { Consent } from '../src/model/consent.js'
import type { WritePorts } from '../src/ports/ports.js'
import { performUpgrade } from '../src/upgrade.js'
import { aPayload, aPlan, aRequest } from './support/builders.js'
import { refusing } from './support/fake-ports.js'

const consent: Consent = { planDigest: 'sha256:another', how: 'flag', accepted: [], at: '' }

describe('performUpgrade', () => {
  it('does nothing with a consent to another plan: it asks no port for anything', async () => {
    const prepared = { plan: aPlan(), payloads: [aPayload()], request: aRequest() }
    const never = new AbortController().signal
    const interrupts = { finishStep: never, stopNow: never }
    await assert.rejects(performUpgrade(prepared, consent, refusing<WritePorts>({}), interrupts), {
      code: 'PlanStale',
    })
  })
})
