import assert from 'node:assert/strict'
import { askConsent } from '../../src/consent/ask-consent.js'
import type { ToConsent } from '../../src/upgrade.js'
import { fakeClock } from '../support/fake-ports.js'

const plan: ToConsent = { digest: 'sha256:plan', consents: [], question: 'Upgrade osm. Proceed?' }
const dangerous = { ...plan, consents: [{ id: 'lose:routes', text: 'Lose 3 fields?' }] }

function ask(
  asked: ToConsent,
  answers: boolean[] | undefined,
  flags = { yes: false, accepted: [] as string[] },
): ReturnType<typeof askConsent> {
  const replies = [...(answers ?? [])]
  const prompter = { canAsk: answers !== undefined, confirm: async () => replies.shift() ?? false }
  return askConsent(asked, flags, { prompter, clock: fakeClock() })
}

describe('askConsent', () => {
  it('binds a yes to the digest of what was shown', async () => {
    const consent = await ask(plan, [true])
    assert.ok(typeof consent === 'object' && consent.planDigest === plan.digest && consent.how === 'prompt')
  })

  it('takes anything but yes for a decline', async () => assert.equal(await ask(plan, [false]), 'declined'))

  it('refuses without a terminal unless --yes', async () => {
    assert.equal(await ask(plan, undefined), 'no-terminal')
    assert.equal(typeof (await ask(plan, undefined, { yes: true, accepted: [] })), 'object')
  })

  it('does not let --yes stand for a dangerous step', async () => {
    assert.equal(await ask(dangerous, undefined, { yes: true, accepted: [] }), 'no-terminal')
    assert.equal(typeof (await ask(dangerous, undefined, { yes: true, accepted: ['lose:routes'] })), 'object')
    assert.equal(await ask(dangerous, [true, false]), 'declined')
  })
})
