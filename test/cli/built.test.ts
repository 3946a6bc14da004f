/** What only the built program can get wrong: libraries that are left out of it, or evaluated late. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from '../support/run-program.js'

const program = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

describe('the built program', () => {
  it('reaches a cluster through a SOCKS proxy', async function () {
    this.timeout(20_000)
    const asked: string[] = []
    const proxy = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => {
        socket.write(Buffer.from([5, 0]))
        socket.once('data', (request) => {
          asked.push(request.toString('hex'))
          socket.destroy()
        })
      })
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const folder = mkdtempSync(join(tmpdir(), 'mesh-upgrade-built-'))
    try {
      const { port } = proxy.address() as AddressInfo
      const cluster = { server: 'https://192.0.2.7:6443', 'proxy-url': `socks5://127.0.0.1:${port}` }
      const config = {
        ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'a' },
        clusters: [{ name: 'a', cluster }],
        users: [{ name: 'a', user: { token: 'x' } }],
        contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
      }
      writeFileSync(join(folder, 'kubeconfig'), JSON.stringify(config))
      const env = { KUBECONFIG: join(folder, 'kubeconfig') }
      const ran = await runProgram(process.execPath, [program, 'status', '--request-timeout', '1s'], { env })
      assert.equal(ran.exitCode, 1, ran.stdout + ran.stderr)
      // Version, connect, reserved, IPv4, 192.0.2.7, 6443.
      assert.ok(asked.includes('05010001c0000207192b'), asked.join())
    } finally {
      proxy.close()
      rmSync(folder, { recursive: true })
    }
  })
})
