import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { systemProcesses } from '../../src/adapters/system-processes.js'

describe('processes of this machine', () => {
  it('are alive, or gone where that is proved', async function () {
    const self = systemProcesses.self()
    // Elsewhere than on Linux nothing is proved.
    if (self.bootId === undefined) return this.skip()
    assert.equal(systemProcesses.stateOf(self), 'alive')
    assert.equal(systemProcesses.stateOf({ ...self, startedAt: '1' }), 'gone', 'the pid was given out again')
    const child = spawn(process.execPath, ['-e', ''])
    const { pid = 0 } = child
    await new Promise((resolve) => child.on('exit', resolve))
    assert.equal(systemProcesses.stateOf({ ...self, pid, startedAt: '1' }), 'gone')
  })

  it('are unknown where they are of another machine, boot or container, or nonsense', () => {
    const self = systemProcesses.self()
    for (const other of [
      { host: 'elsewhere' },
      { bootId: 'another' },
      { pidNamespace: 'pid:[1]' },
      { pid: 0 },
      { pid: -1 },
      { pid: NaN },
    ]) {
      assert.equal(systemProcesses.stateOf({ ...self, ...other }), 'unknown', JSON.stringify(other))
    }
    const { bootId: _bootId, ...nameless } = self
    assert.equal(systemProcesses.stateOf(nameless), 'unknown')
  })
})
